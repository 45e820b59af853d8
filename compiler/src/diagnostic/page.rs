//! The examples in the pages of the codes.
//!
//! A block marked ```` ```dfn,E0101 ```` must give that code, one marked ```` ```dfn ```` must be
//! accepted: the pages are tests.

/// A program in a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// The code that it must give; absent for a correct program.
    pub code: Option<String>,
    /// The program.
    pub text: String,
}

/// The programs in a page, in order.
pub fn examples(page: &str) -> Vec<Example> {
    let mut found: Vec<Example> = Vec::new();
    let mut inside = false;
    for line in page.lines() {
        if inside && line.trim() == "```" {
            inside = false;
        } else if inside {
            if let Some(example) = found.last_mut() {
                example.text.push_str(line);
                example.text.push('\n');
            }
        } else if let Some(mark) = line.trim().strip_prefix("```dfn") {
            inside = true;
            let code = mark.strip_prefix(',').map(str::to_owned);
            found.push(Example {
                code,
                text: String::new(),
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_found_with_their_codes() {
        let page = "# t\n```dfn,E0101\nfn\n\nx\n```\ntext\n```dfn\nok\n```\n```text\nno\n```\n";
        let expected = [
            Example {
                code: Some("E0101".to_owned()),
                text: "fn\n\nx\n".to_owned(),
            },
            Example {
                code: None,
                text: "ok\n".to_owned(),
            },
        ];
        assert_eq!(examples(page), expected);
    }
}
