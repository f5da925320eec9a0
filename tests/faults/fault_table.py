"""The table: each row is one kind of fault. What its columns mean:

    name       what happens
    machine    which of the fan-outs it happens to: see ``fault_stack.py``
    inject     what goes wrong in a function: one of the names in ``faulty_job.FAULTS``
    at         where: "worker" (at a record), "control", or "collect"
    chunks     in how many of the chunks there is such a record
    plan       how many records and how many to a chunk, where that is part of the fault
    chance     how often it happens there: 1 is always
    meanwhile  what is done to it while a worker waits: one of the names in ``meanwhile.py``
    ends       the exit code of ``fan-out run``
    tells      what the command says of it: {record} is a bad record, "*" stands for anything
    resumes    whether ``fan-out resume`` then makes the whole of it
    slow       whether it is for ``make faults`` alone
    until      why it does not hold yet

Of every row it must be true that no record is lost, none is done twice but where its chunk had
failed or was tried again, nothing is told that is not so, and nothing waits for ever.
"""

from dataclasses import dataclass

ALL = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One row."""

    name: str
    machine: str = "Stopping"
    inject: str = ""
    at: str = "worker"
    chunks: int = 1
    plan: tuple[int, int] | None = None
    chance: float = 1.0
    meanwhile: str = ""
    ends: int
    tells: str = ""
    resumes: bool = True
    slow: bool = False
    until: str = ""

    @property
    def ends_the_aws(self) -> bool:
        """Whether it needs an AWS of its own."""
        return self.meanwhile == "end of the AWS"


FAULTS = [
    Fault(name="nothing", ends=0, tells="succeeded after *"),
    # A worker
    Fault(
        name="one record raises",
        inject="raises",
        ends=1,
        tells="error: chunk * failed (offset *): ValueError: record {record} is bad",
    ),
    Fault(
        name="several records raise",
        inject="raises",
        chunks=3,
        ends=1,
        tells="ValueError: record * is bad",
    ),
    Fault(
        name="records raise at random, and that is tolerated",
        machine="Tolerant",
        inject="raises",
        chunks=ALL,
        chance=0.5,
        ends=0,
    ),
    Fault(
        name="a worker raises with a very long message",
        machine="Tolerant",
        inject="raises with a message of 200,000 characters",
        ends=0,
        tells="1 failed",
    ),
    Fault(
        name="a worker calls sys.exit",
        inject="calls sys.exit",
        ends=1,
        tells="Runtime.ExitError: * exit status 3",
    ),
    Fault(
        name="a worker calls os._exit",
        inject="calls os._exit",
        ends=1,
        tells="Runtime.ExitError: * exit status 7",
    ),
    Fault(
        name="workers exit, and that is tolerated",
        machine="Tolerant",
        inject="calls os._exit",
        chunks=3,
        ends=0,
        tells="3 failed",
    ),
    Fault(
        name="a worker is killed by a signal",
        inject="is killed",
        ends=1,
        tells="signal: killed",
    ),
    Fault(
        name="a worker segfaults",
        inject="segfaults",
        ends=1,
        tells="signal: segmentation fault",
    ),
    Fault(
        name="a worker loops past its timeout",
        machine="Brief",
        inject="loops",
        ends=0,
        tells="Sandbox.Timedout",
    ),
    Fault(
        name="a worker hogs memory",
        machine="Limited",
        inject="hogs memory",
        ends=0,
        tells="Runtime.OutOfMemory",
    ),
    Fault(
        name="a worker daemonises and exits",
        machine="Brief",
        inject="daemonises and exits",
        ends=0,
        tells="Runtime.ExitError",
    ),
    Fault(
        name="a worker prints garbage",
        inject="prints garbage",
        chunks=3,
        ends=0,
        tells="succeeded after *",
    ),
    Fault(
        name="a worker raises after it has printed garbage",
        inject="raises after garbage",
        ends=1,
        tells="ValueError: record {record} is bad",
    ),
    Fault(
        name="a worker answers what cannot be JSON",
        machine="Tolerant",
        inject="answers a set",
        ends=0,
        tells="set",
    ),
    Fault(
        name="a worker answers NaN",
        machine="Tolerant",
        inject="answers NaN",
        ends=0,
        tells="nan",
    ),
    Fault(
        name="a worker without a decorator answers what cannot be JSON",
        machine="Plain",
        inject="answers a set",
        ends=1,
        tells="Runtime.MarshalError: *set",
    ),
    Fault(
        name="a worker answers more than 256 KiB",
        machine="Tolerant",
        inject="answers 300 KB",
        ends=0,
        tells="answer must take at most 260096 bytes",
    ),
    Fault(
        name="a worker fails at random, and is tried again",
        machine="Retrying",
        inject="raises what is worth a retry",
        chunks=ALL,
        chance=0.6,
        ends=0,
        tells="retr",
    ),
    Fault(
        name="a worker is throttled, and tried again",
        machine="Throttled",
        ends=0,
        tells="succeeded after *",
    ),
    Fault(
        name="a worker is throttled for longer than it is tried again",
        machine="Impatient",
        meanwhile="no concurrency",
        ends=1,
        tells="TooManyRequestsException",
    ),
    Fault(
        name="records are set aside",
        machine="Aside",
        inject="raises",
        chunks=3,
        ends=0,
        resumes=False,
    ),
    # The limit of what is tolerated, halving, carrying on
    Fault(
        name="as many chunks fail as are tolerated",
        machine="Limited",
        inject="raises",
        chunks=2,
        ends=0,
        tells="2 failed",
    ),
    Fault(
        name="one chunk more fails than is tolerated",
        machine="Limited",
        inject="raises",
        chunks=3,
        ends=1,
        tells="error: 3 of * chunks failed, more than are tolerated; the first: *",
    ),
    Fault(
        name="monsters are halved down to themselves",
        machine="Halving",
        inject="raises MemoryError",
        chunks=2,
        ends=0,
        tells='{"oneJobProcessingCount":1,"offset":{record}},"error":"MemoryError"',
    ),
    Fault(
        name="a monster that hogs memory is halved down to itself",
        machine="Halving",
        inject="hogs memory",
        ends=0,
        tells='{"oneJobProcessingCount":1,"offset":{record}},"error":"*Memory*"',
    ),
    Fault(
        name="workers carry on, round after round",
        machine="Rounds",
        inject="stop its round",
        chunks=ALL,
        chance=0.8,
        ends=0,
        tells="further round",
    ),
    Fault(
        name="workers that carry on time out at random",
        machine="Rounds",
        inject="loops",
        chunks=3,
        chance=0.7,
        ends=0,
    ),
    Fault(
        name="retries fill the history of a run of the most chunks",
        machine="Retrying",
        inject="raises what is worth a retry",
        plan=(3_569, 1),
        chunks=20,
        chance=0.6,
        ends=1,
        tells="error: *history*",
        slow=True,
    ),
    # Control and collect
    Fault(
        name="the control raises",
        inject="raises",
        at="control",
        ends=1,
        tells="error: Control failed: ValueError: the plan is bad",
    ),
    Fault(
        name="the control exits",
        inject="calls os._exit",
        at="control",
        ends=1,
        tells="error: Control failed: Runtime.ExitError: * exit status 7",
    ),
    Fault(
        name="the control times out",
        machine="Brief",
        inject="loops",
        at="control",
        ends=1,
        tells="error: Control failed: Sandbox.Timedout: *",
    ),
    Fault(
        name="the control refuses the plan",
        meanwhile="too many chunks",
        ends=1,
        tells="error: Control failed: ValueError: *that fits is*",
        resumes=False,
    ),
    Fault(
        name="the collect raises",
        machine="Collecting",
        inject="raises",
        at="collect",
        ends=1,
        tells="error: Collect failed: ValueError: the sum is bad",
        resumes=False,
    ),
    Fault(
        name="the collect exits",
        machine="Collecting",
        inject="calls os._exit",
        at="collect",
        ends=1,
        tells="error: Collect failed: Runtime.ExitError: *",
        resumes=False,
    ),
    Fault(
        name="a worker before a collect raises",
        machine="Collecting",
        inject="raises",
        ends=1,
        tells="ValueError: record {record} is bad",
    ),
    # The command, the execution, the deployment
    Fault(
        name="the command is interrupted",
        inject="waits",
        meanwhile="SIGINT",
        ends=130,
        tells="stopped\ninterrupted",
    ),
    Fault(
        name="the command is terminated",
        inject="waits",
        meanwhile="SIGTERM",
        ends=143,
        tells="stopped\nended by SIGTERM",
    ),
    Fault(
        name="the command is killed",
        inject="waits",
        meanwhile="SIGKILL",
        ends=-9,
    ),
    Fault(
        name="the execution is stopped",
        inject="waits",
        meanwhile="stop",
        ends=1,
        tells="aborted after *",
    ),
    Fault(
        name="the app is deployed again",
        inject="waits",
        meanwhile="deploy",
        ends=0,
        tells="succeeded after *",
    ),
    Fault(
        name="a running execution is resumed",
        inject="waits",
        meanwhile="resume",
        ends=0,
        tells="succeeded after *",
    ),
    Fault(
        name="a failed run is resumed twice at once",
        inject="raises",
        meanwhile="then resume twice",
        ends=1,
    ),
    Fault(
        name="the command that resumes is terminated",
        inject="raises",
        meanwhile="then resume, and terminate that",
        ends=1,
    ),
    Fault(
        name="ten executions at once",
        meanwhile="nine more",
        ends=0,
        tells="succeeded after *",
    ),
    Fault(
        name="the embedded AWS is killed",
        inject="waits",
        meanwhile="end of the AWS",
        ends=1,
        tells="error: cannot connect to AWS: *; the execution may be running still: arn:*",
        resumes=False,
        slow=True,  # the command holds out for two minutes, as it must where a network is gone
    ),
]
