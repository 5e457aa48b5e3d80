"""`ptnote mcp`, with the client of the SDK that agents use, over the pipes of the installed command."""

import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import tomllib
import typing
from pathlib import Path

import pytest

from kb import __version__
from tests.cli.helpers import COMMAND, on_terminal, one_line
from tests.conftest import LIBRARY, ROOT
from tests.processes import PATIENCE, gone, written

anyio = pytest.importorskip("anyio")
pytest.importorskip("mcp")

from mcp import Client, MCPError  # noqa: E402
from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: E402
from mcp_types import ResourceTemplateReference  # noqa: E402

from kb.agents import answers  # noqa: E402

TOOLS = {
    "search": answers.Search,
    "show": answers.Entry,
    "why": answers.Why,
    "run": answers.Run,
}


@pytest.fixture
def installed(monkeypatch, tmp_path):
    """The installed command, found by its name, and a home for what the client passes no variables on to."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(Path(COMMAND).parent), prepend=os.pathsep)


@pytest.fixture
def talk(tmp_path):
    """Starts the command, and returns what a conversation with it returns. It must say nothing on stderr."""

    def converse(conversation, *arguments, said="", **env):
        async def whole():
            command = StdioServerParameters(
                command=COMMAND, args=["mcp", *arguments], env={**os.environ, **env}, cwd=tmp_path
            )
            with (tmp_path / "stderr").open("w") as stderr, anyio.fail_after(2 * PATIENCE):
                async with Client(stdio_client(command, errlog=stderr)) as client:
                    return await conversation(client)

        returned = anyio.run(whole)
        assert (tmp_path / "stderr").read_text() == said
        return returned

    return converse


async def asked(client, tool, **arguments):
    """What a tool answers, once it is sure that the text says the same as the structured content."""
    told = await client.call_tool(tool, arguments)
    assert not told.is_error, told.content
    assert json.loads(told.content[0].text) == told.structured_content
    return told.structured_content


async def refused(client, tool, **arguments):
    """What a tool says that cannot do what it is asked for: one line."""
    told = await client.call_tool(tool, arguments)
    assert told.is_error
    assert told.structured_content is None
    (content,) = told.content
    assert "\n" not in content.text
    return content.text


def test_the_server_says_what_it_is_and_describes_everything(talk):
    async def look(client):
        return client.server_info, client.instructions, (await client.list_tools()).tools

    info, instructions, tools = talk(look)
    assert (info.name, info.version) == ("ptnote", __version__)
    assert "offline PyTorch reference" in instructions
    assert "never code that you write" in instructions
    assert {tool.name for tool in tools} == set(TOOLS)
    for tool in tools:
        assert len(tool.description.split()) > 10
        for name, parameter in tool.input_schema["properties"].items():
            assert parameter["description"].endswith("."), name
        assert tool.annotations.read_only_hint == (tool.name != "run")
        assert set(tool.output_schema["required"]) == set(typing.get_type_hints(TOOLS[tool.name]))


def test_no_run_offers_no_run(talk):
    async def look(client):
        names = {tool.name for tool in (await client.list_tools()).tools}
        return names, client.instructions, await refused(client, "run", name="one-hot")

    names, instructions, said = talk(look, "--no-run")
    assert names == {"search", "show", "why"}
    assert "never code that you write" not in instructions
    assert "run" in said


def test_tools_answer_what_the_command_prints_as_json(talk, ptnote):
    message = "mat1 and mat2 shapes cannot be multiplied (863x1 and 11x5120)"

    async def ask(client):
        return [
            await asked(client, "search", query="怎么清空显存", limit=3),
            await asked(client, "search", query="qqzzxx"),
            await asked(client, "show", name="F.one_hot"),
            await asked(client, "why", error=message),
            await asked(client, "why", error="some failure that nobody knows"),
        ]

    commands = [
        ["search", "怎么清空显存", "-n", "3"],
        ["search", "qqzzxx"],
        ["show", "one-hot"],
        ["why", message],
        ["why", "some failure that nobody knows"],
    ]
    assert talk(ask) == [json.loads(ptnote(*command, "--json").out) for command in commands]


def test_what_cannot_be_answered_is_one_line(talk):
    async def ask(client):
        return [
            await refused(client, "show", name="onehott"),
            await refused(client, "run", name="one-hot", snippet="nope"),
            await refused(client, "run", name="passes"),
            await refused(client, "run", name="one-hot", timeout=600),
            await refused(client, "run", name="one-hot", timeout=-1),
            await refused(client, "run", name="one-hot", device="tpu"),
            await refused(client, "search", query="tag:amp", limit=1000),
            await refused(client, "search", query=""),
            await refused(client, "show"),
            await refused(client, "exec", code="print(1)"),
        ]

    said = talk(ask, "--timeout", "60", PTNOTE_PATH=str(LIBRARY))
    words = [
        "no entry 'onehott'; did you mean: one-hot?",
        "has no snippet 'nope'; it has: default",
        "passes.yaml:",
        "60 seconds here at most",
        "timeout: Input should be greater than 0",
        "device: Input should be 'cpu', 'cuda' or 'mps'",
        "limit: Input should be less than or equal to 50",
        "nothing",
        "name: Field required",
        "exec",
    ]
    assert [line for line, word in zip(said, words, strict=True) if word not in line] == []
    assert "this code is not part of ptnote" in said[2]


def test_entries_are_resources(talk, ptnote):
    async def read(client):
        listed = (await client.list_resources()).resources
        (template,) = (await client.list_resource_templates()).resource_templates
        (content,) = (await client.read_resource("ptnote://entry/one-hot")).contents
        about = ResourceTemplateReference(uri=template.uri_template)
        completed = await client.complete(about, {"name": "id", "value": "one-"})
        wrong = []
        for uri in ("ptnote://entry/onehott", "ptnote://entry/..%2F..%2Fetc%2Fpasswd", "file:///etc/passwd"):
            with pytest.raises(MCPError) as error:
                await client.read_resource(uri)
            wrong.append(str(error.value))
        return listed, template, content, completed.completion.values, wrong

    listed, template, content, completed, wrong = talk(read)
    assert template.uri_template == "ptnote://entry/{id}"
    ids = ptnote("list").out.split()
    assert [one.uri for one in listed] == [f"ptnote://entry/{id}" for id in ids]
    (one_hot,) = [one for one in listed if one.name == "one-hot"]
    assert (one_hot.title, one_hot.mime_type) == ("One-hot encoding · 独热编码", "application/json")
    assert json.loads(content.text) == json.loads(ptnote("show", "one-hot", "--json").out)
    assert completed == [id for id in ids if id.startswith("one-")]
    assert "did you mean: one-hot?" in wrong[0]
    assert all("passwd" in line for line in wrong[1:])


def test_prompts_hold_what_they_are_given(talk):
    async def prompt(client):
        names = {one.name: one.arguments[0].name for one in (await client.list_prompts()).prompts}
        explained = await client.get_prompt("explain-error", {"error": "RuntimeError: boom"})
        wanted = await client.get_prompt("how-to", {"task": "冻结前几层"})
        return names, explained.messages[0].content.text, wanted.messages[0].content.text

    names, explained, wanted = talk(prompt)
    assert names == {"explain-error": "error", "how-to": "task"}
    assert explained.endswith("RuntimeError: boom")
    assert wanted.endswith("冻结前几层")


@pytest.mark.needs_torch
def test_a_snippet_runs_and_tells_what_it_printed(talk):
    async def run(client):
        passed = await asked(client, "run", name="one-hot", device="cpu")
        raised = await asked(client, "run", name="one-hot", snippet="wrong")
        missing = "mps" if sys.platform == "linux" else "cuda"
        return passed, raised, await asked(client, "run", name="one-hot", device=missing)

    passed, raised, skipped = talk(run)
    assert (passed["outcome"], passed["device"], passed["exit_code"]) == ("passed", "cpu", 0)
    assert passed["stdout"].startswith("tensor([[1, 0, 0")
    assert raised["error"] == "RuntimeError: Class values must be smaller than num_classes."
    assert (skipped["outcome"], skipped["cause"]) == ("skipped", "device")


def test_runs_that_fail_and_that_take_too_long_are_told(talk, small):
    for snippet in ("default", "exits", "forever", "floods"):
        small("run", "fails", "-s", snippet, "--timeout", "1", "--yes", "--quiet")

    async def run(client):
        failed = await asked(client, "run", name="fails")
        exited = await asked(client, "run", name="fails", snippet="exits")
        slow = await asked(client, "run", name="fails", snippet="forever", timeout=0.5)
        loud = await asked(client, "run", name="fails", snippet="floods")
        return failed, exited, slow, loud, await refused(client, "run", name="fails", snippet="reads")

    failed, exited, slow, loud, foreign = talk(run, PTNOTE_PATH=str(LIBRARY))
    assert (failed["outcome"], failed["error"]) == ("failed", "AssertionError: one is not two")
    assert (exited["outcome"], exited["exit_code"]) == ("failed", 3)
    assert (slow["outcome"], slow["cause"]) == ("timeout", "timeout")
    assert (loud["outcome"], len(loud["stdout"]) < 2 << 20) == ("passed", True)
    assert "not part of ptnote" in foreign


@pytest.fixture
def waits(tmp_path, ptnote):
    """Folder, environment, and the file in which the only snippet of a folder of entries writes its process
    id. It ignores SIGTERM and never ends; the user has agreed to it."""
    pid = tmp_path / "pid"
    path = tmp_path / "waits" / "basics" / "waits.yaml"
    path.parent.mkdir(parents=True)
    entry = f"""\
        format: 2
        title: {{en: "Waits", zh: "一直等待"}}
        summary: {{en: "Waits without end.", zh: "一直等待。"}}
        explain: {{en: "Waits.", zh: "等待。"}}
        snippets:
          - name: default
            code: |
              import os
              import signal
              import time

              signal.signal(signal.SIGTERM, signal.SIG_IGN)
              with open("{pid}", "w") as file:
                  file.write(str(os.getpid()))
              while True:
                  time.sleep(0.05)
        """
    path.write_text(textwrap.dedent(entry))
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    env = {"PTNOTE_PATH": str(tmp_path / "waits"), "TMPDIR": str(scratch)}
    assert ptnote("run", "waits", "--yes", "--timeout", "0.5", env=env).code == 124
    pid.unlink()
    return scratch, env, pid


def test_nothing_is_left_of_a_client_that_hangs_up_in_the_midst_of_a_run(talk, waits):
    scratch, env, pid = waits

    async def hang_up(client):
        async with anyio.create_task_group() as group:
            group.start_soon(client.call_tool, "run", {"name": "waits"})
            snippet = await anyio.to_thread.run_sync(written, pid)
            group.cancel_scope.cancel()
        return snippet

    assert gone(talk(hang_up, **env))
    assert [*scratch.iterdir()] == []


def test_a_run_that_is_no_longer_wanted_is_ended_and_the_server_goes_on(talk, waits):
    scratch, env, pid = waits

    async def cancel(client):
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(client.call_tool, "run", {"name": "waits"})
                snippet = await anyio.to_thread.run_sync(written, pid)
                scope.cancel()
        assert await anyio.to_thread.run_sync(gone, snippet)
        return await asked(client, "search", query="one hot")

    assert talk(cancel, **env)["hits"]
    assert [*scratch.iterdir()] == []


REQUESTS = [
    {
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
        "id": 1,
    },
    {"method": "notifications/initialized"},
    {"method": "tools/call", "params": {"name": "run", "arguments": {"name": "waits"}}, "id": 2},
]


def lines(*requests):
    return "".join(json.dumps({"jsonrpc": "2.0", **request}) + "\n" for request in requests)


@pytest.fixture
def server(waits, tmp_path):
    """The command in the midst of a run, as a process; the snippet's own; and its scratch folder."""
    scratch, env, pid = waits
    process = subprocess.Popen(
        [COMMAND, "mcp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
        cwd=tmp_path,
    )
    process.stdin.write(lines(*REQUESTS))
    process.stdin.flush()
    yield process, written(pid), scratch
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        stream.close()


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGTERM, 143, "ptnote: ended by SIGTERM\n"),
        (signal.SIGHUP, 129, "ptnote: ended by SIGHUP\n"),
        (signal.SIGINT, 130, "ptnote: interrupted\n"),
    ],
)
def test_a_signal_ends_the_server_with_all_that_runs(server, number, code, said):
    process, snippet, scratch = server
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (code, said)
    assert gone(snippet)
    assert [*scratch.iterdir()] == []


def test_a_closed_pipe_ends_the_server_with_all_that_runs(server):
    process, snippet, scratch = server
    _, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, err) == (0, "")
    assert gone(snippet)
    assert [*scratch.iterdir()] == []


def test_an_agent_that_stops_reading_ends_the_server(server):
    process, snippet, _ = server
    process.stdout.close()
    process.stdin.write(lines({"method": "tools/list", "id": 3}))
    process.stdin.close()
    process.wait(timeout=PATIENCE)
    assert "Traceback" not in process.stderr.read()
    assert gone(snippet)


def test_the_snippet_goes_even_if_the_server_is_killed(server):
    process, snippet, _ = server
    process.kill()
    assert gone(snippet)


def test_stdout_carries_the_protocol_alone(tmp_path):
    first, second, _ = REQUESTS
    call = {"name": "search", "arguments": {"query": "自动混合精度"}}
    later = lines({"method": "nonsense", "id": 2}, {"method": "tools/call", "params": call, "id": 3})
    with subprocess.Popen(
        [COMMAND, "mcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdin.write(b"not json\n{}\n\xff\n\n" + (lines(first, second) + later).encode())
        process.stdin.flush()
        told = {}
        while 3 not in told:
            line = json.loads(process.stdout.readline())
            told[line.get("id")] = line
        rest, err = process.communicate(b'{"jsonrpc": "2.0", "cut off')
    assert told[1]["result"]["serverInfo"]["name"] == "ptnote"
    assert "error" in told[2]
    assert told[3]["result"]["structuredContent"]["hits"]
    assert [json.loads(line)["jsonrpc"] for line in rest.splitlines()] == []
    assert (process.returncode, err) == (0, b"")


@pytest.mark.parametrize("content", ["", "\n", lines(*REQUESTS[:2])])
def test_stdin_may_be_a_file_or_nothing(tmp_path, content):
    (tmp_path / "requests").write_text(content)
    with (tmp_path / "requests").open() as stdin:
        done = subprocess.run([COMMAND, "mcp"], stdin=stdin, capture_output=True, timeout=PATIENCE, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert [json.loads(line)["jsonrpc"] for line in done.stdout.splitlines()] in ([], ["2.0"])


def test_what_changes_meanwhile_is_seen(talk, own_library):
    file = own_library / "basics" / "passes.yaml"

    async def change(client):
        before = await asked(client, "search", query="passes")
        file.write_text(file.read_text().replace('title: {en: "', 'title: {en: "Newly called ', 1))
        after = await asked(client, "search", query="newly called")
        shown = await asked(client, "show", name="passes")
        file.unlink()
        return before, after, shown, await refused(client, "show", name="passes")

    before, after, shown, said = talk(change, PTNOTE_PATH=str(own_library))
    assert before["hits"][0]["id"] == after["hits"][0]["id"] == "passes"
    assert shown["title"]["en"].startswith("Newly called ")
    assert "no entry 'passes'" in said


def test_many_requests_at_once(talk):
    async def ask(client):
        found = {}

        async def one(number):
            answer = await asked(client, "search", query=f"one hot {number}", limit=1)
            found[number] = answer["query"]

        async with anyio.create_task_group() as group:
            for number in range(40):
                group.start_soon(one, number)
        return found

    assert talk(ask) == {number: f"one hot {number}" for number in range(40)}


def test_without_the_packages_it_says_what_to_install():
    program = """
import sys
sys.modules["mcp"] = None
from pycli.main import main
main(["mcp"])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stdout) == (77, "")
    assert (
        done.stderr == "ptnote: ptnote mcp needs more packages; install: pip install 'ptnote-pytorch[mcp]'\n"
    )


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "waiting for an agent on stdin; Ctrl-C ends it"),
        ("zh", "正在从标准输入等待智能体，按 Ctrl-C 结束"),
    ],
)
def test_a_terminal_is_told_what_it_waits_for(language, said):
    assert on_terminal("mcp", "-L", language, typed="\x04").endswith(f"ptnote: {said}\n")


def test_a_wrong_call_is_one_line(ptnote):
    done = ptnote("mcp", "--timeout", "0")
    assert (done.code, done.out) == (2, "")
    one_line(done, "ptnote mcp --help")


PAGE = (ROOT / "docs" / "agents.md").read_text()
CONFIGURATIONS = [*map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))]
CONFIGURATIONS += map(tomllib.loads, re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))


@pytest.mark.parametrize("configuration", CONFIGURATIONS, ids=lambda one: next(iter(one)))
def test_the_configurations_of_the_page_start_a_server(configuration, installed):
    (servers,) = configuration.values()
    command = [servers["ptnote"]["command"], *servers["ptnote"]["args"]]
    done = subprocess.run(command, input=lines(*REQUESTS[:2]), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["result"]["serverInfo"]["name"] == "ptnote"


def test_options_of_the_page_are_options(ptnote):
    named = re.findall(r"^\| `(--[\w-]+)", PAGE, re.MULTILINE)
    assert len(named) == 5
    page = ptnote("mcp", "--help").out
    assert [option for option in named if option not in page] == []
    tools = re.findall(r"^\| `(\w+)` \| `", PAGE, re.MULTILINE)
    assert tools == list(TOOLS)


@pytest.mark.slow
def test_the_program_of_the_page_prints_what_it_says(installed, tmp_path):
    (code,), (printed,) = (
        re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL) for kind in ("python", "text")
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert (done.stdout, done.stderr) == (printed, "")
