"""The process that runs HiGHS: reads problems from standard input, writes results to standard output.

Run as ``python -m optimiser.engine.highs.worker``. It is a process of its own because presolve
listens to no time limit: only ending the process is certain. Incumbents are sent as they are
found, so that ending it loses nothing. Frames are pickled tuples behind their length in eight bytes.
"""

from __future__ import annotations

import os
import pickle
import signal
import struct
import sys
import threading
from queue import SimpleQueue
from typing import IO, Any

import numpy as np

LENGTH = struct.Struct("<Q")


def write_frame(stream: IO[bytes], content: object) -> None:
    """Write one frame and flush."""
    data = pickle.dumps(content, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def read_frame(stream: IO[bytes]) -> Any:
    """Read one frame; None at the end of the stream."""
    head = stream.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    return pickle.loads(stream.read(LENGTH.unpack(head)[0]))


def _private_stdout() -> IO[bytes]:
    """The standard output, for frames alone: what HiGHS prints (its banner, from 1.16) goes nowhere."""
    out = os.fdopen(os.dup(1), "wb")
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    return out


def _read_tasks(source: IO[bytes], tasks: SimpleQueue[Any]) -> None:
    """Hand tasks on as they come; at their end, end this process, whatever HiGHS is about.

    Whoever asked is gone then, killed maybe: nobody else would stop a search that may take hours.
    """
    while (task := read_frame(source)) is not None:
        tasks.put(task)
    os._exit(0)


def _load(highs: Any, problem: dict[str, Any]) -> None:
    import highspy

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(problem["cost"]), len(problem["row_lower"])
    lp.col_cost_, lp.offset_ = problem["cost"], problem["offset"]
    lp.col_lower_, lp.col_upper_ = problem["lower"], problem["upper"]
    lp.row_lower_, lp.row_upper_ = problem["row_lower"], problem["row_upper"]
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = problem["starts"]
    lp.a_matrix_.index_ = problem["indices"]
    lp.a_matrix_.value_ = problem["values"]
    if problem["integer"].any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in problem["integer"]]
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise ValueError("the problem is not one that HiGHS accepts")


def _give_basis(highs: Any, basis: Any) -> None:
    import highspy

    if basis is not None:
        given = highspy.HighsBasis()
        given.col_status = [highspy.HighsBasisStatus(int(code)) for code in basis[0]]
        given.row_status = [highspy.HighsBasisStatus(int(code)) for code in basis[1]]
        given.valid = True
        highs.setBasis(given)


def _solve(problem: dict[str, Any], options: dict[str, Any], basis: Any, out: IO[bytes]) -> None:
    import highspy

    highs = highspy.Highs()
    log: list[str] = []
    highs.setOptionValue("log_to_console", False)
    for name, value in options.items():
        highs.setOptionValue(name, value)
    highs.cbLogging.subscribe(lambda event: log.append(event.message))
    if problem["integer"].any():
        highs.cbMipImprovingSolution.subscribe(lambda event: _send_incumbent(event, out))
    _load(highs, problem)
    _give_basis(highs, basis)
    highs.run()
    if highs.getModelStatus() == highspy.HighsModelStatus.kSolveError:
        # HiGHS 1.15 ends so on some infeasible problems; without presolve it tells what they are.
        highs.clearSolver()
        highs.setOptionValue("presolve", "off")
        highs.run()
    write_frame(out, ("done", _result(highs, problem), "".join(log)))


def _send_incumbent(event: Any, out: IO[bytes]) -> None:
    data = event.data_out
    write_frame(
        out,
        (
            "incumbent",
            np.array(data.mip_solution, dtype=float),
            float(data.objective_function_value),
            float(data.mip_dual_bound),
        ),
    )


def _result(highs: Any, problem: dict[str, Any]) -> dict[str, Any]:
    info, solution = highs.getInfo(), highs.getSolution()
    found = info.primal_solution_status == 2
    mixed = problem["integer"].any()
    return {
        "status": highs.modelStatusToString(highs.getModelStatus()),
        "objective": float(info.objective_function_value) if found else None,
        "bound": float(info.mip_dual_bound) if mixed else None,
        "values": np.array(solution.col_value, dtype=float) if found else None,
        "basis": None if mixed else _basis(highs),
        "row_duals": np.array(solution.row_dual, dtype=float) if not mixed else None,
    }


def _basis(highs: Any) -> tuple[Any, Any]:
    basis = highs.getBasis()
    return (
        np.array([int(status) for status in basis.col_status], dtype=np.int8),
        np.array([int(status) for status in basis.row_status], dtype=np.int8),
    )


def main() -> None:
    """Serve problems until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out, tasks = _private_stdout(), SimpleQueue[Any]()
    threading.Thread(target=_read_tasks, args=(sys.stdin.buffer, tasks), daemon=True).start()
    try:
        import highspy  # noqa: F401 - loaded before the first problem arrives
    except Exception as error:
        told = (
            f"it cannot be loaded ({error}). Install it anew: pip install --force-reinstall highspy"
        )
        write_frame(out, ("failed", told, ""))
        return
    while True:
        try:
            problem, options, basis = tasks.get()
            _solve(problem, options, basis, out)
        except Exception as error:
            write_frame(out, ("failed", f"{type(error).__name__}: {error}", ""))


if __name__ == "__main__":
    main()
