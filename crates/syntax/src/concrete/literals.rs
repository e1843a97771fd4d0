//! Literals: what a spelling is worth, and whether it can be.

use callroute_diagnostics::{Applicability, Code, Span};

use super::Builder;
use crate::tree::ExprKind;

/// Milliseconds of each unit.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];

impl Builder<'_> {
    /// `1m30s` in milliseconds.
    pub(super) fn duration(&mut self, text: &str, span: Span) -> Option<u64> {
        let mut total: u64 = 0;
        let mut last = u64::MAX;
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number = rest.get(..digits).and_then(|d| d.parse::<u64>().ok());
            rest = rest.get(digits..).unwrap_or("");
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let unit = rest.get(..letters).unwrap_or("");
            rest = rest.get(letters..).unwrap_or("");
            let factor = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
            let part = number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
            let sum = part.and_then(|part| total.checked_add(part));
            let (Some(sum), Some(factor)) = (sum, factor) else {
                self.error(Code::BadDuration, span, format!("the duration `{text}` is too long"), "write it with larger units: `1h30m`");
                return None;
            };
            if factor >= last {
                self.error(
                    Code::BadDuration,
                    span,
                    format!("the units of `{text}` are out of order"),
                    "write hours, minutes, seconds, milliseconds in this order, each once: `1m30s`",
                );
                return None;
            }
            (total, last) = (sum, factor);
        }
        Some(total)
    }

    /// `70%` in hundredths of a per cent.
    pub(super) fn percent(&mut self, text: &str, span: Span) -> Option<u32> {
        let number = text.trim_end_matches('%');
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let hundredths = match fraction.len() {
            0 => Some(0),
            1 => fraction.parse::<u32>().ok().and_then(|f| f.checked_mul(10)),
            2 => fraction.parse().ok(),
            _ => None,
        };
        let value = whole
            .parse::<u32>()
            .ok()
            .and_then(|w| w.checked_mul(100))
            .zip(hundredths)
            .and_then(|(w, f)| w.checked_add(f))
            .filter(|v| *v <= 10_000);
        if value.is_none() {
            let help = if fraction.len() > 2 { "at most two decimals" } else { "write a share from 0% to 100%" };
            self.error(Code::BadPercent, span, format!("`{text}` is no share"), help);
        }
        value
    }

    /// A number or pattern, told by its spelling.
    pub(super) fn pattern(&mut self, text: &str, span: Span) -> ExprKind {
        let is_pattern = text.contains(['x', '[']) || (text.ends_with('*') && text.len() > 1);
        if is_pattern {
            return self.with_classes(text, span);
        }
        if text.starts_with(['+', '*']) {
            return ExprKind::Phone(text.to_owned());
        }
        ExprKind::Number(text.to_owned(), text.parse().unwrap_or(0.0))
    }

    /// A pattern whose classes are single digits and ascending ranges, `[2-9]`. What is wrong with them is said here, so that nobody says it again.
    pub(super) fn with_classes(&mut self, text: &str, span: Span) -> ExprKind {
        let mut rest = text;
        while let Some((_, class)) = rest.split_once('[') {
            let (inner, after) = class.split_once(']').unwrap_or((class, ""));
            rest = after;
            if !class_is_good(inner) {
                self.error(
                    Code::BadPattern,
                    span,
                    format!("`[{inner}]` is no class of digits"),
                    "a class holds digits and ascending ranges: `[2-9]`, `[135]`, `[0-35]`",
                );
                return ExprKind::Error;
            }
        }
        ExprKind::Pattern(text.to_owned())
    }

    /// `+1 (312) 555-1234`: the number that was meant, after saying so.
    pub(super) fn messy(&mut self, text: &str, span: Span) -> ExprKind {
        let fixed: String = text.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
        let d = self.diagnostic(Code::NumberSeparators, span, "a telephone number has no separators").help(format!("write `{fixed}`")).fix(
            Applicability::Safe,
            format!("write `{fixed}`"),
            span,
            fixed.clone(),
        );
        self.report(d);
        ExprKind::Phone(fixed)
    }

    /// Something that begins like a number.
    pub(super) fn bad_number(&mut self, text: &str, span: Span) -> ExprKind {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        let tail = text.get(digits.len()..).unwrap_or("");
        let unit = match tail.to_ascii_lowercase().as_str() {
            "sec" | "secs" | "second" | "seconds" | "s" => "s",
            "min" | "mins" | "minute" | "minutes" | "m" => "m",
            "hr" | "hrs" | "hour" | "hours" | "h" => "h",
            "msec" | "millis" | "ms" => "ms",
            _ => "",
        };
        if !digits.is_empty() && !unit.is_empty() {
            let fixed = format!("{digits}{unit}");
            self.fixed(Code::BadDuration, span, format!("`{text}` is no duration"), Applicability::Safe, fixed);
        } else if text.contains('X') && text.chars().all(|c| c.is_ascii_digit() || matches!(c, '+' | 'x' | 'X' | '*' | '[' | ']' | '-')) {
            let fixed = text.replace('X', "x");
            self.fixed(Code::BadPattern, span, "the sign for any digit is a small `x`", Applicability::Safe, fixed);
        } else if text.contains(['x', '[']) {
            self.error(
                Code::BadPattern,
                span,
                format!("`{text}` cannot be read as a number or pattern"),
                "a pattern holds digits, `x` for any digit, `[2-9]` for one of a class, and `*` at its end",
            );
        } else {
            let quoted = format!("\"{text}\"");
            let d = self
                .diagnostic(Code::BadNumber, span, format!("`{text}` is no number"))
                .help(format!("numbers hold digits only; a text or an odd name stands in quotes: `{quoted}`"));
            self.report(d);
        }
        ExprKind::Error
    }
}

fn class_is_good(inner: &str) -> bool {
    let mut bytes = inner.bytes().peekable();
    let mut any = false;
    while let Some(first) = bytes.next() {
        if !first.is_ascii_digit() {
            return false;
        }
        any = true;
        if bytes.peek() == Some(&b'-') {
            bytes.next();
            match bytes.next() {
                Some(last) if last.is_ascii_digit() && last >= first => {}
                _ => return false,
            }
        }
    }
    any
}
