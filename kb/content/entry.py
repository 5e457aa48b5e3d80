"""The values that everything else passes around. Immutable, typed, no I/O.

`Content` and what it holds describe an entry file; `entry.schema.json` is generated from them, so
the texts in `Meta(description=…)` are what an editor shows to somebody who writes an entry.

Annotations are evaluated here, unlike elsewhere: msgspec would evaluate each of them at every start.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from kb.text.names import normalize

FORMAT = 2
"""The version of the entry format. Version 1 is read too, see `kb.content.old`."""

PROOFS = ".proofs.py"
"""How the file beside an entry ends that holds its proofs."""

ASKED = ".asked.txt"
"""How the file beside an entry ends that holds phrases for the search."""

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")


class Text(Struct, frozen=True, forbid_unknown_fields=True):
    """The same thing said in both languages."""

    en: Annotated[str, Meta(description="English, without Chinese characters.", min_length=1)]
    zh: Annotated[str, Meta(description="Chinese, as a Chinese engineer would write it.", min_length=1)]

    def get(self, language: Language) -> str:
        """The text in one language."""
        return self.zh if language == "zh" else self.en


class Requires(Struct, frozen=True, forbid_unknown_fields=True):
    """What a snippet needs beyond torch and numpy; where it is missing, the snippet is skipped."""

    packages: Annotated[tuple[str, ...], Meta(description="Names to `pip install`, e.g. matplotlib.")] = ()
    device: Annotated[Literal["cuda", "mps"] | None, Meta(description="Only if no CPU shows it.")] = None
    ranks: Annotated[int, Meta(description="Processes of torchrun; 1 is a plain run.", ge=1, le=8)] = 1
    min_torch: Annotated[
        Annotated[str, Meta(pattern=r"^\d+\.\d+$")] | None, Meta(description="Oldest torch that can run it.")
    ] = None


class Parameter(Struct, frozen=True, forbid_unknown_fields=True):
    """A value of a snippet that `ptnote run --set` changes. The code has its type and default."""

    name: Annotated[str, Meta(description="What the code assigns, or passes by name.")]
    help: Annotated[Text | None, Meta(description="What it is and does, in a few words.")] = None


class Snippet(Struct, frozen=True, forbid_unknown_fields=True):
    """A program that a reader can paste and run as it is."""

    name: Annotated[
        str,
        Meta(
            description="Kebab-case; the first snippet is called default.",
            pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$",
        ),
    ]
    code: Annotated[
        str,
        Meta(description="A complete program without asserts: at most 24 lines of 79 columns.", min_length=1),
    ]
    title: Annotated[Text | None, Meta(description="What it shows; needed when there are several.")] = None
    output: Annotated[
        str,
        Meta(description="Expected stdout. … stands for what varies; decimals are compared with tolerance."),
    ] = ""
    raises: Annotated[
        str | None, Meta(description='For the wrong half of a pair: "RuntimeError: its message", … allowed.')
    ] = None
    requires: Annotated[Requires, Meta(description="What it needs beyond torch and numpy.")] = Requires()
    parameters: Annotated[tuple[Parameter, ...], Meta(description="Values worth changing.")] = ()


_PROOF = Annotated[str | None, Meta(description="A function of the proofs file, without its `test_`.")]
_SOURCE = Annotated[str | None, Meta(description="A page that says so, where nothing can be executed.")]


class Pitfall(Text, frozen=True, forbid_unknown_fields=True):
    """What goes wrong and what to do, with what makes it true: a proof, or a source."""

    proof: _PROOF = None
    source: _SOURCE = None


class Myth(Struct, frozen=True, forbid_unknown_fields=True):
    """What people say and what is not so, with the truth and what makes it true."""

    said: Annotated[Text, Meta(description="What a stranger really hears or reads.")]
    truth: Annotated[Text, Meta(description="What is so instead.")]
    proof: _PROOF = None
    source: _SOURCE = None


class ErrorPattern(Struct, frozen=True, forbid_unknown_fields=True):
    """A pattern of error messages, and what the values in them mean."""

    match: Annotated[
        str, Meta(description="Part of a message; {name} or … stands for what varies.", min_length=1)
    ]
    means: Annotated[
        Text | None, Meta(description="One sentence about this very message, with the {name}s put in.")
    ] = None
    when: Annotated[
        tuple[str, ...],
        Meta(description="Patterns, one of which must stand nearby for this cause to be the right one."),
    ] = ()
    pair: Annotated[
        tuple[str, str] | None, Meta(description="The snippets that break and mend exactly this.")
    ] = None


class Proof(Struct, frozen=True, kw_only=True):
    """A function of the proofs file that shows a statement of the entry to be true."""

    name: str
    """As entries refer to it: the function's name without its `test_`."""
    says: str
    """The statement: the function's docstring, in one line."""
    line: int
    """The first line of the function in the proofs file, counted from 1."""
    end: int
    """Its last line."""
    needs: tuple[str, ...] = ()
    """The snippets whose names it receives; `answer` is the entry's answer."""
    helpers: tuple[str, ...] = ()
    """The functions for proofs that it receives: `raises`, `in_ranks`."""
    packages: tuple[str, ...] = ()
    """Packages beyond torch and the standard library that it imports."""


class Content(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ptnote entry: one question, answered in two languages, with snippets that run."""

    format: Annotated[int, Meta(description=f"Version of this format; {FORMAT} at present.")]
    title: Annotated[Text, Meta(description="At most 60 characters a language.")]
    summary: Annotated[Text, Meta(description="One line: the answer in words.")]
    answer: Annotated[
        str,
        Meta(description="The lines, at most 8, that somebody who searched for this pastes; see STYLE.md."),
    ] = ""
    tags: Annotated[tuple[str, ...], Meta(description="Kebab-case words that group entries.")] = ()
    aliases: Annotated[
        tuple[str, ...],
        Meta(description="What people type to find this entry and no other, in either language."),
    ] = ()
    api: Annotated[tuple[str, ...], Meta(description="Full dotted names that resolve in torch.")] = ()
    explain: Annotated[Text, Meta(description="Markdown: what it is for, when to use it, the trap.")]
    snippets: Annotated[
        tuple[Snippet, ...], Meta(description="The first is what `ptnote run` runs.", min_length=1)
    ]
    pitfalls: Annotated[
        tuple[Pitfall, ...], Meta(description="What goes wrong and what to do.", max_length=4)
    ] = ()
    errors: Annotated[
        tuple[str | ErrorPattern, ...],
        Meta(description="Messages explained here; {name} or … stands for what varies."),
    ] = ()
    myths: Annotated[tuple[Myth, ...], Meta(description="What people say and what is not so.")] = ()
    see_also: Annotated[tuple[str, ...], Meta(description="Ids of entries to read next.")] = ()
    covers: Annotated[
        tuple[str, ...], Meta(description="Topics of sources.yaml that this entry answers.")
    ] = ()

    @property
    def error_patterns(self) -> tuple[ErrorPattern, ...]:
        """`errors`, all in one form."""
        return tuple(ErrorPattern(error) if isinstance(error, str) else error for error in self.errors)


class Head(Struct, frozen=True, kw_only=True):
    """What lists, results and name look-ups need of an entry, so that nothing decodes the rest."""

    id: str
    category: str
    layer: str
    path: str
    digest: str
    title: Text
    summary: Text
    tags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    api: tuple[str, ...] = ()
    snippets: tuple[str, ...] = ()
    title_keys: str = ""
    """The titles as names are compared, see `kb.text.names.normalize`: each between line breaks, because
    to look for one in a string is faster and smaller than a table of all names."""
    alias_keys: str = ""
    """The same of the aliases, in their order."""


def _keys(*names: str) -> str:
    return "\n".join(["", *map(normalize, names), ""])


class Entry(Content, frozen=True, kw_only=True):
    """A `Content` that knows where it stands. The path is the metadata: folder and file stem."""

    id: str
    category: str
    path: str
    """The YAML file, absolute."""
    layer: str
    """Where it comes from: built-in, added, user, extra, or project."""
    digest: str
    """SHA-256 of the bytes of the file and of those beside it, in hex."""
    asked: tuple[str, ...] = ()
    """How people ask for it in other words, from the file that ends in `ASKED`; for the search alone."""
    proofs: tuple[Proof, ...] = ()
    """What the proofs file proves, in its order."""
    proofs_code: str = ""
    """The proofs file."""
    lines: dict[str, int] = field(default_factory=dict)
    """Line in the file, counted from 1, of each dotted place such as `snippets.0.code`."""

    @property
    def head(self) -> Head:
        """The light part of this entry."""
        made = ("snippets", "title_keys", "alias_keys")
        light = {name: getattr(self, name) for name in Head.__struct_fields__ if name not in made}
        return Head(
            **light,
            snippets=tuple(snippet.name for snippet in self.snippets),
            title_keys=_keys(self.title.en, self.title.zh),
            alias_keys=_keys(*self.aliases),
        )

    @property
    def proofs_path(self) -> str:
        """The proofs file, whether or not it exists."""
        return self.path.removesuffix(".yaml") + PROOFS

    def proof_code(self, proof: Proof) -> str:
        """The source of a proof."""
        return "\n".join(self.proofs_code.splitlines()[proof.line - 1 : proof.end]) + "\n"

    def code_line(self, snippet: Snippet) -> int:
        """The line of the file that holds the first line of the snippet's code."""
        names = [one.name for one in self.snippets]
        return self.lines.get(f"snippets.{names.index(snippet.name)}.code", 0) + 1
