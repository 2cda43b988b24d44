"""The tables of an Nsight Systems export, as its documentation lists them, and rows of a simulated scenario for them."""

import sqlite3

from tb_contention.simulate.memory import MemoryChange
from tb_contention.simulate.recording import GPU, HOST, Window
from tb_contention.simulate.scenarios import EPOCH_NS
from tb_contention.simulate.workload import Item, ItemKind, SessionSpec

#: UUID of the simulated GPU; the export leaves out the "GPU-" in front.
UUID, BUS = "51310000-0000-4000-8000-000000000001", "0000:17:00.0"
_HARDWARE = 1 << 56
_COPY_KINDS = {ItemKind.TO_DEVICE: 1, ItemKind.TO_HOST: 2}
#: Switches are stamped by another clock than kernels are; in the simulation both are exact.
_RESTORE_START, _SAVE_END = 8, 7

SCHEMA = """
CREATE TABLE StringIds (id INTEGER NOT NULL PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE META_DATA_EXPORT (name TEXT NOT NULL, value TEXT);
CREATE TABLE TARGET_INFO_SESSION_START_TIME (utcEpochNs INTEGER, utcTime TEXT, localTime TEXT);
CREATE TABLE TARGET_INFO_SYSTEM_ENV (globalVid INTEGER, devStateName TEXT, name TEXT, nameEnum INTEGER, value TEXT);
CREATE TABLE ANALYSIS_DETAILS (globalVid INTEGER NOT NULL, duration INTEGER NOT NULL, startTime INTEGER NOT NULL,
  stopTime INTEGER NOT NULL);
CREATE TABLE TARGET_INFO_GPU (vmId INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT, busLocation TEXT, totalMemory INTEGER,
  memoryBandwidth INTEGER, clockRate INTEGER, smCount INTEGER, uuid TEXT, computeMajor INTEGER, computeMinor INTEGER);
CREATE TABLE TARGET_INFO_CUDA_DEVICE (gpuId INTEGER, cudaId INTEGER NOT NULL, pid INTEGER NOT NULL, uuid TEXT,
  numMultiprocessors INTEGER);
CREATE TABLE PROCESSES (globalPid INTEGER, pid INTEGER, name TEXT);
CREATE TABLE ThreadNames (nameId INTEGER NOT NULL, priority INTEGER, globalTid INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_KERNEL (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL,
  contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER,
  demangledName INTEGER NOT NULL, shortName INTEGER NOT NULL,
  mangledName INTEGER, registersPerThread INTEGER NOT NULL, gridX INTEGER NOT NULL, gridY INTEGER NOT NULL, gridZ INTEGER NOT NULL,
  blockX INTEGER NOT NULL, blockY INTEGER NOT NULL, blockZ INTEGER NOT NULL, staticSharedMemory INTEGER NOT NULL,
  dynamicSharedMemory INTEGER NOT NULL, graphNodeId INTEGER, graphId INTEGER);
CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER NOT NULL, end INTEGER NOT NULL,
  deviceId INTEGER NOT NULL,
  contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER,
  bytes INTEGER NOT NULL, copyKind INTEGER NOT NULL);
CREATE TABLE CUPTI_ACTIVITY_KIND_RUNTIME (start INTEGER NOT NULL, end INTEGER NOT NULL, eventClass INTEGER NOT NULL, globalTid INTEGER,
  correlationId INTEGER, nameId INTEGER NOT NULL, returnValue INTEGER NOT NULL, callchainId INTEGER);
CREATE TABLE NVTX_EVENTS (start INTEGER NOT NULL, end INTEGER, eventType INTEGER NOT NULL, rangeId INTEGER, text TEXT, globalTid INTEGER,
  endGlobalTid INTEGER, textId INTEGER, domainId INTEGER);
CREATE TABLE CUDA_GPU_MEMORY_USAGE_EVENTS (start INTEGER NOT NULL, globalPid INTEGER NOT NULL, deviceId INTEGER NOT NULL,
  contextId INTEGER NOT NULL, address INTEGER NOT NULL, pc INTEGER NOT NULL, bytes INTEGER NOT NULL, memKind INTEGER NOT NULL,
  memoryOperationType INTEGER NOT NULL, name TEXT, correlationId INTEGER);
CREATE TABLE GPU_CONTEXT_SWITCH_EVENTS (tag INTEGER NOT NULL, vmId INTEGER NOT NULL, seqNo INTEGER NOT NULL, contextId INTEGER NOT NULL,
  timestamp INTEGER NOT NULL, globalPid INTEGER, gpuId INTEGER);
CREATE TABLE ENUM_GPU_CTX_SWITCH (id INTEGER NOT NULL PRIMARY KEY, name TEXT, label TEXT);
CREATE TABLE ENUM_CUDA_DEV_MEM_EVENT_OPER (id INTEGER NOT NULL PRIMARY KEY, name TEXT, label TEXT);
"""


def global_id(process: int, thread: int = 0) -> int:
    """Pack a process and a thread as the export does."""
    return _HARDWARE | process << 24 | thread


class Rows:
    """Collects rows of an export."""

    def __init__(self) -> None:
        self._strings: dict[str, int] = {}
        self._rows: dict[str, list[tuple[object, ...]]] = {}

    def string(self, text: str) -> int:
        """Return the number of a text."""
        return self._strings.setdefault(text, len(self._strings) + 1)

    def add(self, table: str, *values: object) -> None:
        """Append a row."""
        self._rows.setdefault(table, []).append(values)

    def process(self, process: int, name: str) -> None:
        """Name a process and what it sees as its GPU 0."""
        self.add("PROCESSES", global_id(process), process, f"/usr/bin/{name}")
        self.add("ThreadNames", self.string(name), 0, global_id(process, process))
        self.add("TARGET_INFO_CUDA_DEVICE", 0, 0, process, UUID, GPU.core_count)

    def work(self, spec: SessionSpec, item: Item, correlation: int, start: int, end: int) -> None:
        """Write a kernel or a copy."""
        place, who = (start, end, 0, 1), (correlation, global_id(spec.process_id))
        if item.kind in _COPY_KINDS:
            self.add("CUPTI_ACTIVITY_KIND_MEMCPY", *place, spec.stream + 1, *who, item.copied, _COPY_KINDS[item.kind])
            return
        name = self.string(item.name)
        self.add(
            "CUPTI_ACTIVITY_KIND_KERNEL", *place, spec.stream, *who, name, name, name, item.registers, *item.grid, *item.block, 0,
            item.shared, None, None if item.graph < 0 else item.graph,
        )  # fmt: skip

    def call(self, spec: SessionSpec, item: Item, correlation: int, launch: int, length: int) -> None:
        """Write the call that launched it."""
        name = "cudaMemcpyAsync_v3020" if item.kind in _COPY_KINDS else "cudaLaunchKernel_v7000"
        thread = global_id(spec.process_id, spec.process_id)
        self.add(
            "CUPTI_ACTIVITY_KIND_RUNTIME", launch, launch + length, 0, thread, correlation, self.string(name), 0, None
        )  # fmt: skip

    def wait(self, spec: SessionSpec, start: int, end: int) -> None:
        """Write the call in which the host waits for the device."""
        thread, name = global_id(spec.process_id, spec.process_id), self.string("cudaStreamSynchronize_v3020")
        self.add("CUPTI_ACTIVITY_KIND_RUNTIME", start, max(start, end), 0, thread, None, name, 0, None)

    def step(self, spec: SessionSpec, number: int, start: int, end: int) -> None:
        """Write a step as an NVTX range."""
        thread = global_id(spec.process_id, spec.process_id)
        text = f"{spec.step_name} step {number}"
        self.add("NVTX_EVENTS", start, end, 59, None, text, thread, None, None, 0)

    def allocation(self, spec: SessionSpec, change: MemoryChange) -> None:
        """Write an allocation or release."""
        pid, done = global_id(spec.process_id), 0 if change.is_allocation else 1
        size = change.buffer.size
        self.add("CUDA_GPU_MEMORY_USAGE_EVENTS", change.time, pid, 0, 1, change.address, 0, size, 2, done, None, None)

    def stay(self, process: int, start: float, end: float, window: Window) -> None:
        """Write a stay of a process's context on the engine, as much of it as the recording holds."""
        for time, tag in ((round(start), _RESTORE_START), (round(end), _SAVE_END)):
            if window.start <= time < window.end:
                count = len(self._rows.get("GPU_CONTEXT_SWITCH_EVENTS", ()))
                self.add("GPU_CONTEXT_SWITCH_EVENTS", tag, 0, count, process & 0xFF, time, global_id(process), 0)

    def write(self, connection: sqlite3.Connection, window: Window) -> None:
        """Write all rows, and what the export says of itself and of the machine."""
        self.add("META_DATA_EXPORT", "EXPORT_SCHEMA_VERSION", "synthetic")
        self.add("TARGET_INFO_SESSION_START_TIME", EPOCH_NS, None, None)
        self.add("TARGET_INFO_SYSTEM_ENV", 0, None, "Hostname", 0, HOST)
        self.add("ANALYSIS_DETAILS", 0, window.end - window.start, window.start, window.end)
        gpu = (GPU.memory_size, GPU.memory_bandwidth, (GPU.clock_rate_khz or 0) * 1000, GPU.core_count)
        self.add("TARGET_INFO_GPU", 0, 0, GPU.model, BUS, *gpu, UUID, 9, 0)
        for number, name in ((_RESTORE_START, "RESTORE_START"), (_SAVE_END, "SAVE_END")):
            self.add("ENUM_GPU_CTX_SWITCH", number, name, name.replace("_", " ").title())
        for number, name in enumerate(("ALLOCATION", "DEALLOCATION")):
            self.add("ENUM_CUDA_DEV_MEM_EVENT_OPER", number, f"CUDA_DEV_MEM_EVENT_OPR_{name}", name.title())
        for text, number in self._strings.items():
            self.add("StringIds", number, text)
        for table, rows in self._rows.items():
            connection.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(rows[0]))})", rows)
