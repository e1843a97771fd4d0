//! `:name` in a query becomes the `$1` that PostgreSQL wants. Texts, quoted names, comments and casts (`::`) are left alone. (SQLite reads `:name`
//! itself.) Values never come near the text of a query.

use std::iter::Peekable;
use std::str::CharIndices;

/// A query as PostgreSQL takes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Query {
    /// The text, without a semicolon at its end.
    pub sql: String,
    /// The names of `$1`, `$2` …
    pub params: Vec<String>,
}

type Chars<'t> = Peekable<CharIndices<'t>>;

impl Query {
    /// Reads a query.
    ///
    /// # Errors
    /// With words, when it is not one statement, has a text or comment that is never closed, or counts its parameters itself.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut query = Self { sql: String::with_capacity(text.len()), params: Vec::new() };
        let mut chars = text.char_indices().peekable();
        // What stands directly before: it decides what `'`, `$` and `:` mean.
        let mut before = ' ';
        let mut ended = false;
        while let Some((at, found)) = chars.next() {
            let start = query.sql.len();
            match found {
                '\'' => {
                    let escapes = matches!(before, 'e' | 'E') && !is_word(last_but_one(&query.sql));
                    quoted(&mut chars, '\'', escapes).then_some(()).ok_or("a text in quotes is never closed")?;
                }
                '"' => quoted(&mut chars, '"', false).then_some(()).ok_or("a name in double quotes is never closed")?,
                '-' if chars.next_if(|(_, next)| *next == '-').is_some() => while chars.next_if(|(_, next)| *next != '\n').is_some() {},
                '/' if chars.next_if(|(_, next)| *next == '*').is_some() => {
                    comment(&mut chars).then_some(()).ok_or("a comment `/*` is never closed")?;
                }
                '$' if !is_word(before) => dollar(&mut chars, text, at)?,
                ':' if before != ':' => {
                    let name = word(&mut chars);
                    if name.is_empty() {
                        // `::` is a cast, `:=` names an argument, `[1:2]` is a slice.
                        if let Some((_, next)) = chars.next_if(|(_, next)| matches!(next, ':' | '=')) {
                            query.sql.push(found);
                            query.sql.push(next);
                            before = next;
                            continue;
                        }
                    } else {
                        let index = query.params.iter().position(|known| *known == name).unwrap_or_else(|| {
                            query.params.push(name);
                            query.params.len().saturating_sub(1)
                        });
                        query.sql.push_str(&format!("${}", index.saturating_add(1)));
                        before = '0';
                        continue;
                    }
                }
                ';' => {
                    ended = true;
                    before = ';';
                    continue;
                }
                _ => {}
            }
            let end = chars.peek().map_or(text.len(), |(next, _)| *next);
            query.sql.push_str(text.get(at..end).unwrap_or_default());
            let is_comment = query.sql.get(start..).is_some_and(|piece| piece.starts_with("--") || piece.starts_with("/*"));
            if ended && !found.is_whitespace() && !is_comment {
                return Err("a query is one statement, and something follows after its `;`".to_owned());
            }
            before = if is_comment { ' ' } else { query.sql.chars().next_back().unwrap_or(' ') };
        }
        if query.sql.trim().is_empty() {
            return Err("the query is empty".to_owned());
        }
        Ok(query)
    }
}

fn is_word(found: char) -> bool {
    found.is_alphanumeric() || found == '_'
}

fn last_but_one(text: &str) -> char {
    text.chars().rev().nth(1).unwrap_or(' ')
}

/// A name of a parameter.
fn word(chars: &mut Chars<'_>) -> String {
    let mut name = String::new();
    while let Some((_, next)) =
        chars.next_if(|(_, next)| if name.is_empty() { next.is_alphabetic() || *next == '_' } else { is_word(*next) })
    {
        name.push(next);
    }
    name
}

/// Goes behind the closing quote; a doubled one is a quote.
fn quoted(chars: &mut Chars<'_>, quote: char, escapes: bool) -> bool {
    while let Some((_, found)) = chars.next() {
        if escapes && found == '\\' {
            chars.next();
        } else if found == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return true;
        }
    }
    false
}

/// Goes behind the end of a comment; they nest.
fn comment(chars: &mut Chars<'_>) -> bool {
    let mut depth = 1usize;
    while let Some((_, found)) = chars.next() {
        if found == '*' && chars.next_if(|(_, next)| *next == '/').is_some() {
            depth = depth.saturating_sub(1);
            if depth == 0 {
                return true;
            }
        } else if found == '/' && chars.next_if(|(_, next)| *next == '*').is_some() {
            depth = depth.saturating_add(1);
        }
    }
    false
}

/// Goes behind `$$ text $$` or `$tag$ text $tag$`.
fn dollar(chars: &mut Chars<'_>, text: &str, at: usize) -> Result<(), String> {
    if chars.peek().is_some_and(|(_, next)| next.is_ascii_digit()) {
        return Err("parameters have names: `:number`, not `$1`".to_owned());
    }
    let rest = text.get(at.saturating_add(1)..).unwrap_or_default();
    let tag_length = rest.find(|found| !is_word(found)).unwrap_or(rest.len());
    if !rest.get(tag_length..).is_some_and(|after| after.starts_with('$')) {
        return Ok(());
    }
    let tag = text.get(at..at.saturating_add(tag_length).saturating_add(2)).unwrap_or_default();
    let body = at.saturating_add(tag.len());
    let end = text.get(body..).and_then(|rest| rest.find(tag)).ok_or_else(|| format!("a text in `{tag}` is never closed"))?;
    let end = body.saturating_add(end).saturating_add(tag.len());
    while chars.next_if(|(next, _)| *next < end).is_some() {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> (String, String) {
        let query = Query::read(text).unwrap_or_else(|why| panic!("{text}: {why}"));
        (query.sql, query.params.join(" "))
    }

    #[test]
    fn names_become_places() {
        for (text, sql, params) in [
            ("select a from t where n = :number", "select a from t where n = $1", "number"),
            ("select :a, :b, :a", "select $1, $2, $1", "a b"),
            ("select :a::text, x::int", "select $1::text, x::int", "a"),
            ("select f(x := :a, y => :b)", "select f(x := $1, y => $2)", "a b"),
            ("select a[1:2], a[:n] from t", "select a[1:2], a[$1] from t", "n"),
            ("select ':a', ':''b', \":c\", \"x\"\":d\", :e", "select ':a', ':''b', \":c\", \"x\"\":d\", $1", "e"),
            ("select E'\\':a', e'\\\\', :b", "select E'\\':a', e'\\\\', $1", "b"),
            // A name that ends with `e` and a text behind it are no text with escapes.
            ("select type'\\', :b", "select type'\\', $1", "b"),
            ("select $$ :a ' $$, $x$ :b $$ $x$, :c", "select $$ :a ' $$, $x$ :b $$ $x$, $1", "c"),
            ("select a$b, a$b$ from t where :c", "select a$b, a$b$ from t where $1", "c"),
            ("select 1 -- :a '\n, :b", "select 1 -- :a '\n, $1", "b"),
            ("select 1 /* :a /* ' */ :b */, :c", "select 1 /* :a /* ' */ :b */, $1", "c"),
            ("select 1 - :a / :b * -:c", "select 1 - $1 / $2 * -$3", "a b c"),
            ("select :größe, :_x1", "select $1, $2", "größe _x1"),
            ("select :a ; -- the end", "select $1  -- the end", "a"),
            ("select ';', :a;\n;", "select ';', $1\n", "a"),
            ("select '🙂', :a, '🙂'", "select '🙂', $1, '🙂'", "a"),
        ] {
            assert_eq!(read(text), (sql.to_owned(), params.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_query() {
        for (text, why) in [
            ("", "empty"),
            (" ; ", "empty"),
            ("select 1; drop table t", "one statement"),
            ("select 1;;x", "one statement"),
            ("select 'a", "never closed"),
            ("select E'a\\'", "never closed"),
            ("select \"a", "never closed"),
            ("select $x$ a $y$", "never closed"),
            ("select /* /* */ 1", "never closed"),
            ("select $1", "have names"),
        ] {
            let found = Query::read(text).unwrap_err();
            assert!(found.contains(why), "{text}: {found}");
        }
    }

    proptest! {
        /// Whatever stands between the parameters stays as it is, and no text is lost.
        #[test]
        fn total(text in "[a-eE:$'\"/*; \\\\\n-]{0,40}") {
            if let Ok(query) = Query::read(&text) {
                let mut back = query.sql;
                for (index, name) in query.params.iter().enumerate().rev() {
                    back = back.replace(&format!("${}", index + 1), &format!(":{name}"));
                }
                prop_assert_eq!(back.replace(';', ""), text.replace(';', ""));
            }
        }
    }
}
