//! `$((…))` where it is constant.

use smol_str::format_smolstr;

use super::state::Text;
use super::walk::Walk;
use crate::grammar::tree::{Arithmetic, Piece};

/// How deep parentheses are followed. Nobody nests more.
const DEEP: usize = 16;

impl Walk<'_> {
    /// The text of `$((…))`: a number, whatever it is.
    pub(super) fn arithmetic(&mut self, arithmetic: &Arithmetic) -> Text {
        match self.number(arithmetic) {
            Some(number) => Text::known(format_smolstr!("{number}")),
            None => Text::known(self.shown(arithmetic.span, "$((…))")),
        }
    }

    /// The number that it is, where it is constant. The commands in it are walked.
    pub(super) fn number(&mut self, arithmetic: &Arithmetic) -> Option<i64> {
        let text = match arithmetic.pieces.as_slice() {
            [Piece::Text { text, .. }] => text.clone(),
            pieces => {
                let text = self.text_of(pieces);
                if !text.literal {
                    return None;
                }
                text.text
            }
        };
        self.evaluated(&text)
    }

    fn evaluated(&self, text: &str) -> Option<i64> {
        let mut parser = Expression { walk: self, rest: text, depth: 0 };
        let number = parser.sum()?;
        parser.rest.trim().is_empty().then_some(number)
    }
}

struct Expression<'e, 'w> {
    walk: &'e Walk<'w>,
    rest: &'e str,
    depth: usize,
}

impl Expression<'_, '_> {
    fn sign(&mut self, signs: &[char]) -> Option<char> {
        self.rest = self.rest.trim_start();
        let sign = self.rest.chars().next().filter(|c| signs.contains(c))?;
        self.rest = &self.rest[sign.len_utf8()..];
        Some(sign)
    }

    fn sum(&mut self) -> Option<i64> {
        let mut value = self.product()?;
        while let Some(sign) = self.sign(&['+', '-']) {
            let other = self.product()?;
            value = if sign == '+' { value.checked_add(other)? } else { value.checked_sub(other)? };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<i64> {
        let mut value = self.one()?;
        while let Some(sign) = self.sign(&['*', '/', '%']) {
            let other = self.one()?;
            value = match sign {
                '*' => value.checked_mul(other)?,
                '/' => value.checked_div(other)?,
                _ => value.checked_rem(other)?,
            };
        }
        Some(value)
    }

    fn one(&mut self) -> Option<i64> {
        self.depth += 1;
        if self.depth > DEEP {
            return None;
        }
        let value = match self.sign(&['-', '+', '(']) {
            Some('-') => self.one()?.checked_neg(),
            Some('+') => self.one(),
            Some(_) => {
                let value = self.sum()?;
                self.sign(&[')'])?;
                Some(value)
            }
            None => {
                let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '#');
                let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
                self.rest = rest;
                self.number(word)
            }
        };
        self.depth -= 1;
        value
    }

    fn number(&self, word: &str) -> Option<i64> {
        if let Some((base, digits)) = word.split_once('#') {
            let base = base.parse::<u32>().ok().filter(|base| (2..=36).contains(base))?;
            return i64::from_str_radix(digits, base).ok();
        }
        if let Some(hex) = word.strip_prefix("0x") {
            return i64::from_str_radix(hex, 16).ok();
        }
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let octal = word.len() > 1 && word.starts_with('0');
            return if octal { i64::from_str_radix(word, 8).ok() } else { word.parse().ok() };
        }
        self.walk.state.known(word)?.trim().parse().ok()
    }
}
