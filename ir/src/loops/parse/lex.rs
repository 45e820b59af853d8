//! Words and punctuation of the text form, with their places.

use super::ParseError;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A keyword, a type, a number.
    Word(String),
    /// `%name`
    Var(String),
    /// `@name` or `@"any text"`
    Symbol(String),
    /// `"text"`
    Text(String),
    /// A single character.
    Mark(char),
    /// Nothing follows.
    End,
}

/// A token and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Spanned {
    pub(super) token: Token,
    pub(super) at: usize,
}

/// All tokens of `text`; the last one is [`Token::End`].
pub(super) fn lex(text: &str) -> Result<Vec<Spanned>, ParseError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip();
        let at = lexer.at;
        let token = lexer.token()?;
        let end = token == Token::End;
        tokens.push(Spanned { token, at });
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

fn in_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$' | '-' | '+')
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips white space and comments.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with("//") {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn token(&mut self) -> Result<Token, ParseError> {
        let Some(first) = self.rest().chars().next() else {
            return Ok(Token::End);
        };
        match first {
            '%' => {
                self.at += 1;
                Ok(Token::Var(self.word()))
            }
            '@' => {
                self.at += 1;
                match self.rest().starts_with('"') {
                    true => self.quoted().map(Token::Symbol),
                    false => Ok(Token::Symbol(self.word())),
                }
            }
            '"' => self.quoted().map(Token::Text),
            c if in_word(c) => Ok(Token::Word(self.word())),
            c => {
                self.at += c.len_utf8();
                Ok(Token::Mark(c))
            }
        }
    }

    fn word(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c| !in_word(c)).unwrap_or(rest.len());
        self.at += end;
        rest.get(..end).unwrap_or_default().to_owned()
    }

    /// Text in quotes with Rust's escapes, as `{:?}` prints them.
    fn quoted(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let fail = || ParseError::new(self.text, start, "text without an end or with a bad escape");
        let mut chars = self.rest().char_indices().skip(1);
        let mut out = String::new();
        while let Some((offset, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += offset + 1;
                    return Ok(out);
                }
                '\\' => {
                    let (_, escape) = chars.next().ok_or_else(fail)?;
                    match escape {
                        'n' => out.push('\n'),
                        't' => out.push('\t'),
                        'r' => out.push('\r'),
                        '0' => out.push('\0'),
                        '\\' | '"' | '\'' => out.push(escape),
                        'u' => {
                            let digits: String = chars
                                .by_ref()
                                .map(|(_, c)| c)
                                .skip(1)
                                .take_while(|&c| c != '}')
                                .collect();
                            let code = u32::from_str_radix(&digits, 16).ok();
                            out.push(code.and_then(char::from_u32).ok_or_else(fail)?);
                        }
                        _ => return Err(fail()),
                    }
                }
                _ => out.push(c),
            }
        }
        Err(fail())
    }
}
