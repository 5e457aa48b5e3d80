"""An entry that tries to break out of every format that it is written in."""

from pathlib import Path

import yaml

SCRIPT = "<script>window.pwned = 1</script>"
IMAGE = '<img src="https://elsewhere.invalid/x.png" onerror="window.pwned = 1">'
QUOTE = '" onmouseover="window.pwned = 1" x="'
TEXT = f"{SCRIPT} {IMAGE} {QUOTE} ' {{{{ 7 * 7 }}}} ${{1:x}} <name>"

EVIL = {
    "format": 2,
    "title": {"en": f"Evil {TEXT}", "zh": f"坏条目 {TEXT}"},
    "summary": {"en": f"Summary {TEXT}", "zh": f"摘要 {TEXT}"},
    "answer": f"x = '''{TEXT}'''  # </code></pre>{SCRIPT}\n#!comment\n@decorator\n%magic\n$ a: b\n; c\n```\nPYTHON\n",
    "tags": ["evil", f"a,b{QUOTE}"],
    "aliases": [f"alias {TEXT}", "坏"],
    "explain": {
        "en": f"{TEXT}\n\n![x](https://elsewhere.invalid/y.png) [a](javascript:window.pwned=1)\n\n- item {TEXT}\n\n"
        f'[b](https://ok.invalid/"onclick="window.pwned=1) [c](https://ok.invalid/page)',
        "zh": f"讲解 {TEXT}",
    },
    "snippets": [
        {
            "name": "default",
            "title": {"en": f"Snippet {TEXT}", "zh": f"代码 {TEXT}"},
            "code": f"print('''{TEXT}''')\n# </script>{SCRIPT}\n",
            "output": f"{TEXT}\n</pre>{SCRIPT}\n",
        },
        {
            "name": "wrong",
            "title": {"en": "Wrong: it raises", "zh": "错误：会报错"},
            "code": "raise ValueError('x')\n",
            "raises": f"ValueError: {TEXT}",
        },
    ],
    "pitfalls": [{"en": f"Pitfall {TEXT}", "zh": f"坑 {TEXT}", "source": "javascript:window.pwned=1"}],
    "errors": [{"match": f"message {TEXT}", "means": {"en": f"Means {TEXT}", "zh": f"意思 {TEXT}"}}],
    "myths": [
        {
            "said": {"en": f"Said {TEXT}", "zh": f"说法 {TEXT}"},
            "truth": {"en": f"Truth {TEXT}", "zh": f"真相 {TEXT}"},
            "source": f"https://ok.invalid/{QUOTE}",
        }
    ],
    "see_also": ["one-hot"],
}


def write_evil(root: Path) -> Path:
    """A folder of entries that holds nothing but the evil one."""
    (root / "traps").mkdir(parents=True)
    text = yaml.safe_dump(EVIL, allow_unicode=False, width=10_000)
    (root / "traps" / "evil.yaml").write_text(text, encoding="utf-8")
    return root
