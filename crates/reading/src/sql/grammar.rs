//! The second reader: a full grammar. What the words alone call harmless must be harmless here too.
//!
//! # Invariants
//! - It is asked only about what is small and shallow: its time and its stack are bounded by the limits here.
//! - It raises and never lowers: what it does not know is not known.

use std::ops::ControlFlow;

use sayso_core::action::SqlDialect;
use sqlparser::ast::{Expr, ObjectName, SetExpr, Statement, TableFactor, Visit, Visitor};
use sqlparser::dialect::{
    BigQueryDialect, Dialect, GenericDialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect,
};
use sqlparser::parser::Parser;

use super::functions;
use super::lexer::Tokens;

/// Tokens of a text that the grammar is asked about. Each can be one level of its tree, which is walked and dropped by
/// recursion.
const TOKENS: usize = 400;
/// How deep parentheses may stand in it; the grammar tries some forms in several ways at each level.
const DEPTH: usize = 12;
/// How deep the grammar's own rules may call one another.
const RULES: usize = 40;

/// What the grammar says of a text that the words call harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It only reads.
    Reads,
    /// It does more.
    Does,
    /// It is too large for the grammar, or the grammar does not know it.
    Unknown,
}

/// Asks the grammar about the text of `tokens`.
pub(super) fn verdict(tokens: &Tokens<'_>, dialect: Option<SqlDialect>) -> Verdict {
    if tokens.list.len() > TOKENS || tokens.deepest > DEPTH {
        return Verdict::Unknown;
    }
    let dialects: &[&dyn Dialect] = match dialect {
        Some(SqlDialect::Postgres) => &[&PostgreSqlDialect {}],
        Some(SqlDialect::Mysql) => &[&MySqlDialect {}],
        Some(SqlDialect::Sqlite) => &[&SQLiteDialect {}],
        Some(SqlDialect::Mssql) => &[&MsSqlDialect {}],
        None => &[&GenericDialect {}, &PostgreSqlDialect {}, &BigQueryDialect {}],
    };
    let parsed = dialects.iter().find_map(|dialect| {
        let parser = Parser::new(*dialect).with_recursion_limit(RULES).try_with_sql(tokens.text);
        parser.and_then(|mut parser| parser.parse_statements()).ok()
    });
    let Some(statements) = parsed else { return Verdict::Unknown };
    if statements.iter().all(only_reads) { Verdict::Reads } else { Verdict::Does }
}

fn only_reads(statement: &Statement) -> bool {
    // A plan that is only shown runs nothing of what stands in it.
    matches!(statement, Statement::Explain { analyze: false, .. })
        || !matches!(statement.visit(&mut Looker), ControlFlow::Break(()))
}

struct Looker;

impl Looker {
    fn called(name: &ObjectName) -> ControlFlow<()> {
        let last = name.0.last().map(ToString::to_string).unwrap_or_default();
        let name = last.trim_matches(['"', '`', '[', ']']).to_ascii_uppercase();
        // Which file a function reads is the first reader's word.
        match functions::known(&name) {
            Some(row) if row.takes != functions::Takes::File => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }
    }
}

impl Visitor for Looker {
    type Break = ();

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<()> {
        let harmless = match statement {
            Statement::Query(query) => !matches!(
                query.body.as_ref(),
                SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_)
            ),
            Statement::Explain { .. }
            | Statement::ExplainTable { .. }
            | Statement::Fetch { .. }
            | Statement::Close { .. }
            | Statement::Declare { .. }
            | Statement::Use(_)
            | Statement::StartTransaction { .. }
            | Statement::Commit { .. }
            | Statement::Rollback { .. }
            | Statement::Savepoint { .. }
            | Statement::ReleaseSavepoint { .. }
            | Statement::LISTEN { .. }
            | Statement::UNLISTEN { .. }
            | Statement::Print(_)
            | Statement::Assert { .. }
            | Statement::Pragma { .. }
            | Statement::Copy { .. }
            | Statement::Deallocate { .. }
            | Statement::Return(_)
            // What these do is the first reader's word; what stands in them is looked at in its turn.
            | Statement::Prepare { .. }
            | Statement::Execute { .. }
            | Statement::Set(_)
            | Statement::If(_)
            | Statement::While(_)
            | Statement::Case(_)
            | Statement::Raise(_)
            | Statement::RaisError { .. } => true,
            // `SHOW …` in its many forms.
            other => format!("{other}").starts_with("SHOW"),
        };
        if harmless { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            Expr::Function(function) => Self::called(&function.name),
            _ => ControlFlow::Continue(()),
        }
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { name, args: Some(_), .. } | TableFactor::Function { name, .. } => {
                Self::called(name)
            }
            _ => ControlFlow::Continue(()),
        }
    }
}
