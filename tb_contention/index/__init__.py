"""The index of a log directory: each file is skimmed once per machine; captures are listed and grouped without decoding one.

files ──look──> rows (store: a journal in the user's cache) ──> Snapshot ──┬─ groups (align.arrange) ──> Listing
        skim what is new                                                    └─ copies, problems
"""

from tb_contention.index.baselines import Alone
from tb_contention.index.choices import choices
from tb_contention.index.directory import PASSING, Index, content_of, is_local
from tb_contention.index.grouping import Group, capture_id, group_id, resolve
from tb_contention.index.named import NamedGroup, are_near
from tb_contention.index.selection import Chosen, Selection, choose, files_of, matching
from tb_contention.index.snapshot import Snapshot

__all__ = [
    "PASSING",
    "Alone",
    "Chosen",
    "Group",
    "Index",
    "NamedGroup",
    "Selection",
    "Snapshot",
    "are_near",
    "capture_id",
    "choices",
    "choose",
    "content_of",
    "files_of",
    "group_id",
    "is_local",
    "matching",
    "resolve",
]
