//! Takes a TOML table apart, field by field, so that every error can name the field it is about.
//!
//! Invariant: [`Fields::end`] refuses whatever nobody took, so a misspelt rule is never silently no rule.

use toml::{Table, Value};

use crate::error::{File, Mistake, PolicyError};

/// A table of the file with the dotted name that leads to it.
pub(crate) struct Fields {
    file: File,
    path: String,
    table: Table,
    known: Vec<&'static str>,
}

impl Fields {
    pub(crate) fn of_file(file: File, text: &str) -> Result<Self, PolicyError> {
        let table = text.parse::<Table>().map_err(|error| PolicyError {
            file,
            field: String::new(),
            problem: format!("this is not TOML: {}", one_line(&error.to_string())),
            mistake: Mistake::Syntax,
        })?;
        Ok(Self { file, path: String::new(), table, known: Vec::new() })
    }

    /// The dotted name of `key` in this table.
    pub(crate) fn name(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(crate) fn bad(&self, key: &str, problem: impl Into<String>) -> PolicyError {
        PolicyError {
            file: self.file,
            field: self.name(key),
            problem: problem.into(),
            mistake: Mistake::BadValue,
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.table.remove(key)
    }

    /// The text at `key`, which `takes` describes for the error.
    pub(crate) fn text(&mut self, key: &'static str, takes: &str) -> Result<Option<String>, PolicyError> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.bad(key, format!("takes {takes}, not {other}"))),
        }
    }

    /// The list of texts at `key`.
    pub(crate) fn texts(&mut self, key: &'static str) -> Result<Option<Vec<String>>, PolicyError> {
        let Some(value) = self.take(key) else { return Ok(None) };
        let texts = value.as_array().and_then(|list| {
            list.iter().map(|v| v.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
        });
        texts.map(Some).ok_or_else(|| {
            self.bad(key, format!("takes a list of texts such as [\"one\", \"two\"], not {value}"))
        })
    }

    /// The table at `key`.
    pub(crate) fn table(&mut self, key: &'static str) -> Result<Option<Self>, PolicyError> {
        let path = self.name(key);
        match self.take(key) {
            None => Ok(None),
            Some(Value::Table(table)) => Ok(Some(Self { file: self.file, path, table, known: Vec::new() })),
            Some(other) => Err(self.bad(key, format!("takes a table, written [{path}], not {other}"))),
        }
    }

    /// The tables at `key`, in order.
    pub(crate) fn tables(&mut self, key: &'static str) -> Result<Vec<Self>, PolicyError> {
        let path = self.name(key);
        let wrong = |this: &Self, value: &Value| {
            this.bad(key, format!("takes tables, each written [[{path}]], not {value}"))
        };
        let Some(value) = self.take(key) else { return Ok(Vec::new()) };
        let Value::Array(list) = value else { return Err(wrong(self, &value)) };
        let mut tables = Vec::with_capacity(list.len());
        for (index, value) in list.into_iter().enumerate() {
            let Value::Table(table) = value else { return Err(wrong(self, &value)) };
            let path = format!("{path}[{index}]");
            tables.push(Self { file: self.file, path, table, known: Vec::new() });
        }
        Ok(tables)
    }

    /// Every table in this one with its own key, in the order written; the keys are the file's to choose.
    pub(crate) fn each(self) -> Result<Vec<(String, Self)>, PolicyError> {
        let mut tables = Vec::new();
        for (key, value) in self.table {
            let path = format!("{}.{key}", self.path);
            let Value::Table(table) = value else {
                return Err(PolicyError {
                    file: self.file,
                    problem: format!("takes a table, written [{path}], not {value}"),
                    field: path,
                    mistake: Mistake::BadValue,
                });
            };
            tables.push((key, Self { file: self.file, path, table, known: Vec::new() }));
        }
        Ok(tables)
    }

    /// Refuses what nobody took.
    pub(crate) fn end(self) -> Result<(), PolicyError> {
        let Some(key) = self.table.keys().next() else { return Ok(()) };
        Err(PolicyError {
            file: self.file,
            field: self.name(key),
            problem: format!("is not a field that Sayso knows; here it takes {}", self.known.join(", ")),
            mistake: Mistake::UnknownField,
        })
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
