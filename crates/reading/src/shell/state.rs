//! What a shell knows while a script runs in it: variables, functions, aliases, parameters, what it wrote.
//!
//! # Invariants
//! - A branch that may not run leaves every value that a variable can have behind it, up to a named number.
//! - What a subshell or a child sets is gone behind it.
//! - The work of all scripts of one action together is bounded by [`Session`].

use std::cell::Cell;
use std::collections::HashMap;
use std::rc::Rc;

use sayso_core::reading::Span;
use smallvec::SmallVec;
use smol_str::SmolStr;

use super::stream::Stream;
use crate::grammar::tree::Command;
use crate::{DEEPEST, STEPS};

/// Values that one variable can have at a place. A list of folders in a `for` is rarely longer.
pub(super) const ALTERNATIVES: usize = 32;

/// The budget of one action, shared by every script in it.
#[derive(Debug, Default)]
pub(crate) struct Session {
    steps: Cell<usize>,
    depth: Cell<usize>,
}

impl Session {
    /// Takes `steps` off the budget. Whether there were as many.
    pub(crate) fn spend(&self, steps: usize) -> bool {
        self.steps.set(self.steps.get().saturating_add(steps));
        self.steps.get() <= STEPS
    }

    /// One level deeper. Whether that is still allowed; only then is it to be left again.
    pub(super) fn enter(&self) -> bool {
        let deeper = self.depth.get() < DEEPEST;
        self.depth.set(self.depth.get() + usize::from(deeper));
        deeper
    }

    pub(super) fn leave(&self) {
        self.depth.set(self.depth.get().saturating_sub(1));
    }
}

/// A text as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::struct_field_names, reason = "a text and what is known of it")]
pub(super) struct Text {
    pub(super) text: SmolStr,
    /// Whether it is exactly `text`.
    pub(super) literal: bool,
    /// Whether it holds what the shell matches against files.
    pub(super) glob: bool,
}

impl Text {
    pub(super) fn known(text: impl Into<SmolStr>) -> Self {
        Self { text: text.into(), literal: true, glob: false }
    }

    pub(super) fn unknown(shown: impl Into<SmolStr>) -> Self {
        Self { text: shown.into(), literal: false, glob: false }
    }
}

/// What a variable can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Unset,
    Scalar(Text),
    Array(Rc<[Text]>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    /// One of these; more than one where branches differ.
    pub(super) values: SmallVec<[Value; 1]>,
    pub(super) exported: bool,
}

/// Where the text that spans are of stands in the outermost one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// It is that one.
    Itself,
    /// All of it stands there, where that is known.
    Within(Option<Span>),
}

/// A function's body, and the text that its spans are of.
#[derive(Debug, Clone)]
pub(super) struct Function {
    pub(super) body: Rc<Command>,
    pub(super) anchor: Anchor,
}

/// What goes by a function's name.
#[derive(Debug, Clone)]
pub(super) struct Defined {
    pub(super) bodies: SmallVec<[Function; 1]>,
    /// Whether it is defined whatever branch was taken.
    pub(super) certain: bool,
    pub(super) exported: bool,
}

/// The parameters `$1`, `$2`, ….
#[derive(Debug, Clone)]
pub(super) enum Positional {
    /// Those of the outermost script: none, as far as anybody said.
    Outermost,
    /// Somebody gives them who is not known.
    Unknown,
    Known(Rc<[Text]>),
}

enum Undo {
    Variable(SmolStr, Option<Variable>),
    Function(SmolStr, Option<Defined>),
}

/// What a branch changed.
#[derive(Default)]
pub(super) struct Changes {
    variables: HashMap<SmolStr, Option<Variable>>,
    functions: HashMap<SmolStr, Option<Defined>>,
}

impl Changes {
    /// These but for the variables of `names`.
    pub(super) fn without(mut self, names: &[SmolStr]) -> Self {
        self.variables.retain(|name, _| !names.contains(name));
        self
    }
}

/// See the module.
pub(crate) struct State {
    variables: HashMap<SmolStr, Variable>,
    functions: HashMap<SmolStr, Defined>,
    pub(super) aliases: HashMap<SmolStr, SmolStr>,
    pub(super) positional: Positional,
    /// Names that stand for another variable: `declare -n`.
    pub(super) references: HashMap<SmolStr, SmolStr>,
    /// The name by which the shell was called.
    pub(super) name: SmolStr,
    /// `$0`, where somebody gave it.
    pub(super) zero: Option<Text>,
    /// Files and pipes by name, with what stands in them.
    pub(super) contents: HashMap<String, Stream>,
    /// Whether the script ends at the first failure.
    pub(super) errexit: bool,
    /// Whether every assignment is exported.
    pub(super) allexport: bool,
    journal: Vec<Undo>,
    marks: usize,
}

impl State {
    pub(super) fn new() -> Self {
        Self {
            variables: HashMap::new(),
            functions: HashMap::new(),
            aliases: HashMap::new(),
            positional: Positional::Outermost,
            references: HashMap::new(),
            name: SmolStr::new_static("bash"),
            zero: None,
            contents: HashMap::new(),
            errexit: false,
            allexport: false,
            journal: Vec::new(),
            marks: 0,
        }
    }

    /// What a child of this shell gets.
    pub(super) fn child(&self) -> Self {
        let exported = self.variables.iter().filter(|(_, variable)| variable.exported);
        let functions = self.functions.iter().filter(|(_, defined)| defined.exported);
        Self {
            variables: exported.map(|(name, value)| (name.clone(), value.clone())).collect(),
            functions: functions.map(|(name, defined)| (name.clone(), defined.clone())).collect(),
            contents: self.contents.clone(),
            ..Self::new()
        }
    }

    /// How much it costs to copy what a child gets.
    pub(super) fn size(&self) -> usize {
        self.variables.len() + self.functions.len() + self.contents.len()
    }

    /// What stands in the file or pipe by this name, where this line put it there.
    pub(crate) fn content(&self, path: &str) -> Option<&Stream> {
        if self.contents.is_empty() { None } else { self.contents.get(path) }
    }

    pub(super) fn variable(&self, name: &str) -> Option<&Variable> {
        if self.variables.is_empty() { None } else { self.variables.get(name) }
    }

    pub(super) fn function(&self, name: &str) -> Option<&Defined> {
        if self.functions.is_empty() { None } else { self.functions.get(name) }
    }

    /// The one known text of a variable.
    pub(super) fn known(&self, name: &str) -> Option<&str> {
        match self.variable(name)?.values.as_slice() {
            [Value::Scalar(text)] if text.literal => Some(&text.text),
            _ => None,
        }
    }

    /// The one known text of a variable that programs get.
    pub(crate) fn exported(&self, name: &str) -> Option<&str> {
        self.known(name).filter(|_| self.variable(name).is_some_and(|variable| variable.exported))
    }

    /// Whether a variable of this name is exported, whatever is known of its text.
    pub(crate) fn is_exported(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|variable| variable.exported)
    }

    pub(super) fn set(&mut self, name: &SmolStr, values: SmallVec<[Value; 1]>) {
        let exported = self.allexport || self.variable(name).is_some_and(|old| old.exported);
        self.put(name, Variable { values, exported });
    }

    pub(super) fn set_one(&mut self, name: &SmolStr, value: Value) {
        self.set(name, SmallVec::from_buf([value]));
    }

    /// From here on children get it too.
    pub(super) fn export(&mut self, name: &SmolStr, exported: bool) {
        if let Some(old) = self.variable(name) {
            let new = Variable { exported, ..old.clone() };
            self.put(name, new);
        }
    }

    fn put(&mut self, name: &SmolStr, variable: Variable) {
        let old = self.variables.insert(name.clone(), variable);
        if self.marks > 0 {
            self.journal.push(Undo::Variable(name.clone(), old));
        }
    }

    pub(super) fn define(&mut self, name: &SmolStr, function: Function) {
        let defined = Defined { bodies: SmallVec::from_buf([function]), certain: true, exported: false };
        self.put_function(name, Some(defined));
    }

    pub(super) fn export_function(&mut self, name: &str) {
        if let Some(defined) = self.functions.get_mut(name) {
            defined.exported = true;
        }
    }

    pub(super) fn undefine(&mut self, name: &SmolStr) {
        self.put_function(name, None);
    }

    fn put_function(&mut self, name: &SmolStr, defined: Option<Defined>) {
        let old = match defined {
            Some(defined) => self.functions.insert(name.clone(), defined),
            None => self.functions.remove(name),
        };
        if self.marks > 0 {
            self.journal.push(Undo::Function(name.clone(), old));
        }
    }

    /// Whether a variable was set since `mark`.
    pub(super) fn changed_since(&self, mark: usize) -> bool {
        self.journal.len() > mark
    }

    /// Begins what may be undone.
    pub(super) fn mark(&mut self) -> usize {
        self.marks += 1;
        self.journal.len()
    }

    /// Undoes what happened since `mark`, and gives what it was.
    pub(super) fn undo(&mut self, mark: usize) -> Changes {
        self.marks = self.marks.saturating_sub(1);
        let mut changes = Changes::default();
        while self.journal.len() > mark {
            match self.journal.pop() {
                Some(Undo::Variable(name, old)) => {
                    let now = match old {
                        Some(old) => self.variables.insert(name.clone(), old),
                        None => self.variables.remove(&name),
                    };
                    changes.variables.entry(name).or_insert(now);
                }
                Some(Undo::Function(name, old)) => {
                    let now = match old {
                        Some(old) => self.functions.insert(name.clone(), old),
                        None => self.functions.remove(&name),
                    };
                    changes.functions.entry(name).or_insert(now);
                }
                None => break,
            }
        }
        changes
    }

    /// One of these branches ran, or, where `perhaps` says so, none of them.
    pub(super) fn merge(&mut self, branches: Vec<Changes>, perhaps: bool) {
        if branches.iter().all(|changes| changes.variables.is_empty() && changes.functions.is_empty()) {
            return;
        }
        let names = branches.iter().flat_map(|changes| changes.variables.keys().cloned());
        let names: std::collections::HashSet<SmolStr> = names.collect();
        for name in names {
            let old = self.variable(&name).cloned();
            let mut exported = false;
            let mut values: SmallVec<[Value; 1]> = SmallVec::new();
            let outcomes = branches.iter().map(|changes| changes.variables.get(&name).unwrap_or(&old));
            for outcome in outcomes.chain(perhaps.then_some(&old)) {
                exported |= outcome.as_ref().is_some_and(|variable| variable.exported);
                add(&mut values, &name, outcome.as_ref());
            }
            self.put(&name, Variable { values, exported });
        }
        let count = branches.len() + usize::from(perhaps);
        let mut functions: HashMap<SmolStr, (Defined, usize)> = HashMap::new();
        for (name, defined) in branches.into_iter().flat_map(|changes| changes.functions) {
            let Some(defined) = defined else { continue };
            match functions.get_mut(&name) {
                Some((all, seen)) => {
                    *seen += 1;
                    if all.bodies.len() < ALTERNATIVES {
                        all.bodies.extend(defined.bodies);
                    }
                }
                None => drop(functions.insert(name, (defined, 1))),
            }
        }
        for (name, (mut defined, seen)) in functions {
            defined.certain &= seen == count;
            if let Some(old) = self.function(&name).filter(|_| seen < count) {
                defined.bodies.extend(old.bodies.iter().take(ALTERNATIVES).cloned());
                defined.certain |= old.certain;
            }
            self.put_function(&name, Some(defined));
        }
    }
}

/// Adds what a variable can be.
fn add(values: &mut SmallVec<[Value; 1]>, name: &str, variable: Option<&Variable>) {
    let outside = || Value::Scalar(Text::unknown(smol_str::format_smolstr!("${name}")));
    match variable {
        None => push(values, outside()),
        Some(variable) => variable.values.iter().for_each(|value| push(values, value.clone())),
    }
    if values.len() > ALTERNATIVES {
        values.clear();
        values.push(outside());
    }
}

fn push(values: &mut SmallVec<[Value; 1]>, value: Value) {
    if !values.contains(&value) {
        values.push(value);
    }
}
