//! Items.

use super::{Failed, Parse, Parser};
use crate::diagnostic::{Span, suggest};
use crate::syntax::ast::{
    Attribute, Const, Doc, Field, Function, Import, ImportedName, Item, ItemKind, Module, Param,
    Struct, Test, TypeAlias,
};
use crate::syntax::token::{CommentKind, TokenKind};

/// The words that may begin an item.
const ITEM_WORDS: [&str; 8] = [
    "fn", "struct", "type", "const", "import", "export", "pub", "test",
];

impl Parser<'_> {
    /// The whole file.
    pub(super) fn module(&mut self) -> Module {
        let doc = match self.docs.front().map(|doc| doc.kind) {
            Some(CommentKind::ModuleDoc) => self.module_doc(),
            _ => None,
        };
        let mut items = Vec::new();
        while !self.at(TokenKind::End) {
            if self.kind().is_closer() {
                self.unmatched_closer();
                continue;
            }
            let (start, span) = (self.position, self.token().span);
            self.limit_reported = false;
            match self.item() {
                Ok(item) => items.push(item),
                Err(Failed) => {
                    if self.limit_reported {
                        self.position = start;
                    }
                    self.skip_item(start);
                    let span = span.to(self.previous());
                    items.push(Item {
                        doc: None,
                        attributes: Vec::new(),
                        public: None,
                        kind: ItemKind::Error,
                        span,
                    });
                }
            }
        }
        self.remaining_docs();
        Module {
            doc,
            items,
            span: self.source.span(),
        }
    }

    /// The `//!` lines at the top. A `///` line that follows them belongs to the first item.
    fn module_doc(&mut self) -> Option<Doc> {
        let next = self.token().span.start;
        let mut lines = Vec::new();
        while let Some(line) = self
            .docs
            .pop_front_if(|doc| doc.kind == CommentKind::ModuleDoc && doc.span.start < next)
        {
            lines.push(line);
        }
        self.join_docs(&lines)
    }

    /// An item with its documentation, attributes and visibility.
    pub(super) fn item(&mut self) -> Parse<Item> {
        let doc = self.item_doc();
        let start = self.token().span;
        let mut attributes = Vec::new();
        while self.at(TokenKind::At) {
            attributes.push(self.attribute()?);
        }
        let doc = match self.item_doc() {
            Some(later) if doc.is_none() => Some(later),
            _ => doc,
        };
        let public = self.eat(TokenKind::Pub).map(|token| token.span);
        let kind = self.item_kind(public)?;
        Ok(Item {
            doc,
            attributes,
            public,
            kind,
            span: start.to(self.previous()),
        })
    }

    fn item_kind(&mut self, public: Option<Span>) -> Parse<ItemKind> {
        match self.kind() {
            TokenKind::Fn => self.function(None).map(ItemKind::Function),
            TokenKind::Export => {
                let export = self.bump().span;
                if !self.at(TokenKind::Fn) {
                    return Err(self.unexpected("`fn` after `export`"));
                }
                self.function(Some(export)).map(ItemKind::Function)
            }
            TokenKind::Struct => self.structure().map(ItemKind::Struct),
            TokenKind::Type => self.type_alias().map(ItemKind::TypeAlias),
            TokenKind::Const => self.constant().map(ItemKind::Const),
            TokenKind::Import => {
                let import = self.import()?;
                if let Some(public) = public.filter(|_| import.names.is_none()) {
                    let why = "a module as a whole is not passed on";
                    let help = "list the names to pass on: `pub import \"a.dfn\" { f };`";
                    self.misplaced(public, "`pub`", why, help);
                }
                Ok(ItemKind::Import(import))
            }
            TokenKind::Name if self.at_item() => {
                if let Some(public) = public {
                    let why = "a test is not seen from other files";
                    self.misplaced(public, "`pub`", why, "remove `pub`");
                }
                self.test().map(ItemKind::Test)
            }
            _ => Err(self.no_item()),
        }
    }

    /// Reports what stands where an item should.
    fn no_item(&mut self) -> Failed {
        let expected = "an item (`fn`, `struct`, `type`, `const`, `import` or `test`)";
        let help = match self.kind() {
            TokenKind::Name => match self.text(self.token().span) {
                "def" | "func" | "fun" | "function" => Some("a function is declared with `fn`"),
                "use" | "from" | "include" => {
                    Some("another file is used with `import \"file.dfn\";`")
                }
                "class" | "record" => Some("a record is declared with `struct`"),
                "test" => Some("a test has a name in quotes: `test \"adds up\" { … }`"),
                word => match suggest(word, ITEM_WORDS) {
                    Some(meant) => {
                        let help = format!("did you mean `{meant}`?");
                        return self.unexpected_with(expected, Some(help.into()));
                    }
                    None => Some("statements stand inside functions, such as `fn main() { … }`"),
                },
            },
            TokenKind::Let => Some("a value for the whole file is declared with `const`"),
            TokenKind::End => Some("something has to follow attributes and modifiers"),
            _ => None,
        };
        self.unexpected_with_help(expected, help)
    }

    /// `@name` or `@name(arguments)`.
    pub(super) fn attribute(&mut self) -> Parse<Attribute> {
        let start = self.bump().span;
        let name = self.name("the name of an attribute")?;
        let (args, span) = match self.at(TokenKind::LeftParen) {
            true => {
                let (args, span) = self.arguments()?;
                (args, start.to(span))
            }
            false => (Vec::new(), start.to(name.span)),
        };
        Ok(Attribute { name, args, span })
    }

    fn function(&mut self, export: Option<Span>) -> Parse<Function> {
        self.bump();
        let name = self.name("the name of the function")?;
        let generics = self.generics()?;
        if !self.at(TokenKind::LeftParen) {
            return Err(self.unexpected("`(`"));
        }
        let params = self.list("`,` or `)`", Self::param)?.elements;
        let result = self.result_type()?;
        if result.is_none() && matches!(self.kind(), TokenKind::Name | TokenKind::Colon) {
            let help = "the type of the result follows an arrow: `-> f64`";
            return Err(self.unexpected_with_help("`->` or `{`", Some(help)));
        }
        let expected = if result.is_some() {
            "`{`"
        } else {
            "`->` or `{`"
        };
        let body = self.block(expected)?;
        Ok(Function {
            export,
            name,
            generics,
            params,
            result,
            body,
        })
    }

    /// `mut x: type = default`.
    fn param(&mut self) -> Parse<Param> {
        let mutable = self.eat(TokenKind::Mut).is_some();
        let name = self.name("the name of a parameter")?;
        if !self.at(TokenKind::Colon) {
            let help = "each parameter has a type: `x: f64[n]`";
            return Err(self.unexpected_with_help("`:` and a type", Some(help)));
        }
        self.bump();
        let ty = self.ty()?;
        let default = match self.eat(TokenKind::Eq) {
            Some(_) => Some(self.expr()?),
            None => None,
        };
        Ok(Param {
            name,
            mutable,
            ty,
            default,
        })
    }

    fn structure(&mut self) -> Parse<Struct> {
        self.bump();
        let name = self.name("the name of the struct")?;
        let generics = self.generics()?;
        if !self.at(TokenKind::LeftBrace) {
            return Err(self.unexpected("`{`"));
        }
        let fields = self.list("`,` or `}`", Self::field)?.elements;
        Ok(Struct {
            name,
            generics,
            fields,
        })
    }

    fn field(&mut self) -> Parse<Field> {
        let doc = self.item_doc();
        let name = self.name("a field")?;
        self.expect(TokenKind::Colon, "`:` and the type of the field")?;
        let ty = self.ty()?;
        Ok(Field { doc, name, ty })
    }

    fn type_alias(&mut self) -> Parse<TypeAlias> {
        self.bump();
        let name = self.name("the name of the type")?;
        let generics = self.generics()?;
        self.expect(TokenKind::Eq, "`=`")?;
        let ty = self.ty()?;
        self.semicolon()?;
        Ok(TypeAlias { name, generics, ty })
    }

    fn constant(&mut self) -> Parse<Const> {
        self.bump();
        let name = self.name("the name of the constant")?;
        let ty = match self.eat(TokenKind::Colon) {
            Some(_) => Some(self.ty()?),
            None => None,
        };
        self.expect(TokenKind::Eq, "`=`")?;
        let value = self.expr()?;
        self.semicolon()?;
        Ok(Const { name, ty, value })
    }

    /// `import "file.dfn" as name { a, b as c };`
    fn import(&mut self) -> Parse<Import> {
        self.bump();
        if !self.at(TokenKind::Str) {
            let help = "a file is named by its path: `import \"linalg.dfn\";`";
            return Err(self.unexpected_with_help("a path in quotes", Some(help)));
        }
        let token = self.bump();
        let path = self.string(token);
        let alias = match self.eat(TokenKind::As) {
            Some(_) => Some(self.name("the name for the module")?),
            None => None,
        };
        let names = match self.at(TokenKind::LeftBrace) {
            true => Some(self.list("`,`, `as` or `}`", Self::imported_name)?.elements),
            false => None,
        };
        self.semicolon()?;
        Ok(Import {
            path,
            path_span: token.span,
            alias,
            names,
        })
    }

    fn imported_name(&mut self) -> Parse<ImportedName> {
        let name = self.name("a name of the module")?;
        let alias = match self.eat(TokenKind::As) {
            Some(_) => Some(self.name("the name it gets here")?),
            None => None,
        };
        Ok(ImportedName { name, alias })
    }

    fn test(&mut self) -> Parse<Test> {
        self.bump();
        let token = self.bump();
        let name = self.string(token);
        let body = self.block("`{`")?;
        Ok(Test {
            name,
            name_span: token.span,
            body,
        })
    }
}
