"""The pages of the datasets in the log directory: what `tb-contention fleet` prints, with rows that lead to groups of the tab."""

import hashlib
import threading
from collections import OrderedDict
from urllib.parse import urlencode

from tb_contention.dataset.fleet import read_fleet
from tb_contention.dataset.place import REPORTS, Place, report_name, whole
from tb_contention.errors import ContentionError
from tb_contention.model.dataset import MARK
from tb_contention.model.fleet import Fleet, Where
from tb_contention.model.names import clean
from tb_contention.plugin.requests import RequestError
from tb_contention.plugin.scanning import Scan
from tb_contention.report.fleet_html import Addresses, notice_html, to_html

#: Datasets that are held as they were read.
_MOST = 4
#: The tab with a group, as seen from the route.
_GROUP = "../../../../#tb_contention&p.tb_contention.group="


class Fleets:
    """The datasets of one log directory. One is read again once its parts have changed."""

    def __init__(self, logdir: str) -> None:
        self._logdir = whole(logdir)
        self._held: OrderedDict[str, tuple[str, Fleet]] = OrderedDict()
        self._reading = threading.Lock()

    def names(self, scan: Scan) -> tuple[str, ...]:
        """Name the datasets."""
        return tuple(self._places(scan))

    def page(self, scan: Scan, name: str, theme: str) -> str:
        """Print the page of a dataset, of the first one for no name; where it cannot be read, the page says why."""
        places = self._places(scan)
        name = name or next(iter(places), "")
        try:
            fleet = self._read(_of(places, name))
        except ContentionError as error:
            return notice_html(str(error), theme=theme)
        addresses = Addresses(
            report=lambda file: _address(name, theme, report=file.rpartition("/")[2].removesuffix(".html")),
            group=lambda where: self._group(scan, fleet, where),
            others=[(other, _address(other, theme)) for other in places if other != name],
            is_framed=True,
        )
        return to_html(fleet, addresses=addresses, theme=theme)

    def report(self, scan: Scan, name: str, key: str) -> bytes:
        """Return the report of a group that lies in a dataset."""
        place = Place(_of(self._places(scan), name))
        file = report_name(key)
        if not key.isalnum() or file not in place.files(REPORTS):
            raise RequestError(404, "unknown-report", "The dataset has no report of this name.")
        return place.read(file)

    def _places(self, scan: Scan) -> dict[str, str]:
        """Return the datasets by the names that requests give them: their paths below the log directory."""
        places = map(whole, scan.snapshot.discovery.datasets)
        return {clean("." if at == self._logdir else at.removeprefix(f"{self._logdir}/")): at for at in places}

    def _read(self, at: str) -> Fleet:
        with self._reading:  # who asks meanwhile gets what is read now
            place = Place(at)
            # Names of parts hold their content.
            token = hashlib.sha256("\n".join((*place.files(MARK), *place.files(REPORTS))).encode()).hexdigest()
            if at not in self._held or self._held[at][0] != token:
                self._held[at] = token, read_fleet(at)
                while len(self._held) > _MOST:
                    self._held.popitem(last=False)
            self._held.move_to_end(at)
            return self._held[at][1]

    def _group(self, scan: Scan, fleet: Fleet, where: Where) -> str:
        """Return the address of the group in the tab that a row is from; empty where the log directory has none."""
        if where.place == self._logdir and where.group in scan.places:
            return _GROUP + where.group
        name = fleet.inputs.get((where.place, where.group), "")
        if where.place != self._logdir:
            name = f"{where.place}/{name}".removeprefix(f"{self._logdir}/")
        file = scan.files.get(name)
        group = None if file is None else scan.group_of.get(file)
        return "" if group is None else _GROUP + group


def _of(places: dict[str, str], name: str) -> str:
    if name not in places:
        raise RequestError(404, "unknown-dataset", "The log directory holds no dataset of this name.")
    return places[name]


def _address(name: str, theme: str, **more: str) -> str:
    return f"fleet?{urlencode({'dataset': name, **({'theme': theme} if theme else {}), **more})}"
