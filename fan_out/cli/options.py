"""The options of the commands and the examples of their help, each worded once."""

from typing import Annotated

import typer

Stack = Annotated[
    str | None,
    typer.Option(
        help="The stack with the state machine. Needed where several stacks have one.",
        metavar="NAME",
        show_default=False,
    ),
]
Machine = Annotated[
    str | None,
    typer.Option(
        help="The state machine, where a stack has several: the key of its output, or its ARN.",
        metavar="KEY|ARN",
        show_default=False,
    ),
]
Input = Annotated[
    str,
    typer.Option(
        help="The execution's input, a JSON object: its text, or @ and the file that holds it.",
        metavar="JSON|@FILE",
    ),
]
Execution = Annotated[
    str,
    typer.Argument(
        help="The execution: its ARN, or its name, of the machine that --stack and --machine find.",
        metavar="EXECUTION",
        show_default=False,
    ),
]
Redrive = Annotated[
    bool,
    typer.Option(
        "--redrive",
        help="Go on with the execution itself, as its state machine was then, and with what comes "
        "after the Map. Up to 14 days after its end, and not for failures that were "
        "tolerated.",
    ),
]
ChunkNumber = Annotated[
    int | None,
    typer.Option(
        "--chunk",
        help="The log of this chunk alone, counted from 1: all of its rounds, tries and halves.",
        metavar="N",
        min=1,
        show_default=False,
    ),
]
RecordNumber = Annotated[
    int | None,
    typer.Option(
        "--record",
        help="The log of the chunk that has this record, counted from 0.",
        metavar="N",
        min=0,
        show_default=False,
    ),
]
AppCommand = Annotated[
    str | None,
    typer.Option(
        "--app",
        help="The command that synthesizes the app. Default: the one in cdk.json.",
        metavar="COMMAND",
        show_default=False,
    ),
]
Context = Annotated[
    list[str] | None,
    typer.Option(
        "--context",
        "-c",
        help="A context value for the app; may be given several times.",
        metavar="KEY=VALUE",
        show_default=False,
    ),
]
Json = Annotated[
    bool,
    typer.Option(
        "--json",
        help="Print the whole output to stdout as JSON, and nothing else; the rest to stderr.",
    ),
]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Account = Annotated[
    str, typer.Option(help="The account that the embedded AWS is.", metavar="12 DIGITS")
]
Region = Annotated[str, typer.Option(help="The region of the embedded AWS.", metavar="REGION")]
MaxEnvironments = Annotated[
    int | None,
    typer.Option(
        help="How many Lambda environments (processes) run at a time. Default: twice the cores.",
        metavar="N",
        min=1,
        show_default=False,
    ),
]

Verbose = Annotated[
    bool, typer.Option("--verbose", help="Show what the CDK CLI prints, as it goes.")
]

RUN_EXAMPLES = """
**Examples**

    fan-out run
    fan-out run --stack FanOut-prod --input '{"oneJobProcessMaxCount": 50}'
    fan-out run --input @input.json --json > answers.json

**Exit code**: 0 the execution succeeded, 1 it failed, 2 nothing was started, 130 Ctrl-C, which
stops the execution.
"""
RESUME_EXAMPLES = """
**Examples**

    fan-out resume arn:aws:states:us-east-1:123456789012:execution:Nightly:run-1
    fan-out resume run-1 --stack FanOut-prod --json > answers.json
    fan-out resume run-1 --redrive

**Exit code**: 0 what was left is done, or nothing was left; 1 the new execution failed, or did not
take the chunks; 2 nothing was started; 130 Ctrl-C, which stops the execution.
"""
LOGS_EXAMPLES = """
**Examples**

    fan-out logs arn:aws:states:us-east-1:123456789012:execution:Nightly:run-1
    fan-out logs run-1 --stack FanOut-prod --chunk 6
    fan-out logs run-1 --record 57

**Exit code**: 0 there was a log, 1 there was none of these (yet), 2 there is no such execution,
chunk or record.
"""
LOCAL_RUN_EXAMPLES = """
**Examples**

    fan-out local run
    fan-out local run -c env=prod --input '{"oneJobProcessMaxCount": 50}'
    fan-out local run --app "python3 other.py" --stack Nightly --json > answers.json

**Exit code**: 0 the execution succeeded, 1 it or the deployment failed, 2 nothing was started,
130 Ctrl-C.
"""
START_EXAMPLES = """
**Example**, with Ctrl-C in the first terminal to end it

    fan-out local start > aws.sh
    . ./aws.sh && npx cdk deploy && fan-out run      # in another terminal
"""
