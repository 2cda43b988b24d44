"""One view's analysis: only the files of its group are decoded, and those that are still in memory are not decoded again."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from tb_contention._warming import make_timeline, measuring_compiles
from tb_contention.analysis import Analysis, analyse_decoded
from tb_contention.cache import TraceCache
from tb_contention.cache.memory import TraceStore
from tb_contention.index import Chosen, Selection, choose
from tb_contention.model.capture import CaptureFile, Decoded, DecodedFile
from tb_contention.pipeline import decode_chosen, look_beside, note_answers
from tb_contention.plugin.scanning import Progress, Scanner
from tb_contention.plugin.views import Aim, Held

#: Kernels beyond which a view is shown before its costs are measured, which takes seconds then; as on a machine where nothing is compiled.
LONG = 200_000
#: Files that are decoded side by side before the work may give way.
AT_ONCE = 8


class Analyst:
    """Analyses groups of one log directory, in one thread. store: the decoded traces in memory; cache: those on disk."""

    def __init__(self, scanner: Scanner, spec: str, store: TraceStore, cache: TraceCache | None) -> None:
        self._scanner, self._spec, self._store, self._cache = scanner, spec, store, cache

    def analyse(self, aim: Aim, tell: Progress, show: Callable[[Held], None], give_way: Callable[[], None]) -> Held:
        """Analyse what a view is about.

        show: called with a first look where measuring takes seconds; give_way: may raise between two pieces of work.
        """
        snapshot, options = aim.scan.snapshot, aim.view.options(self._spec)
        chosen, problems = Chosen(snapshot=snapshot, files=()), aim.scan.problems
        if aim.group is not None:
            chosen, problems = choose(snapshot, Selection(group=aim.group.id)), aim.scan.problems_near(aim.group)
        files = frozenset(chosen.files)
        decoded = self._decode(chosen, tell, give_way)

        def decode_more(more: tuple[CaptureFile, ...]) -> Mapping[CaptureFile, DecodedFile]:
            return self._decode(replace(chosen, files=more), tell, give_way).files

        beside = look_beside(aim.scan.alone, chosen, options, decode_more, typed=False)
        decoded = replace(decoded, discovery=replace(decoded.discovery, problems=problems))

        def first(look: Analysis) -> None:
            give_way()
            if sum(len(c.trace.kernels) for c in decoded.captures) > LONG or measuring_compiles():
                make_timeline()
                show(Held(look, True, files))

        analysis = analyse_decoded(decoded, options, around=chosen, beside=beside, progress=tell, first=first)
        note_answers(self._scanner.index, snapshot, analysis.report, options)
        return Held(analysis, False, files)

    def _decode(self, chosen: Chosen, tell: Progress, give_way: Callable[[], None]) -> Decoded:
        """Decode the files of a group that are not in memory."""
        known = {file: held for file in chosen.files if (held := self._store.get(file)) is not None}
        missing = [file for file in chosen.files if file not in known]
        for done in range(0, len(missing), AT_ONCE):
            give_way()
            tell(f"Decoded {done} of {len(missing)} traces", done / len(missing))
            some = replace(chosen, files=tuple(missing[done : done + AT_ONCE]))
            for file, held in decode_chosen(some, cache=self._cache).files.items():
                known[file] = held
                self._store.put(file, held)
        return decode_chosen(chosen, cache=self._cache, known=known)
