"""Copies one file out of the only wheel in a folder: extract.py FOLDER FILE TARGET."""

import pathlib
import sys
import zipfile

folder, wanted, target = sys.argv[1:]
(wheel,) = pathlib.Path(folder).glob("*.whl")
with zipfile.ZipFile(wheel) as archive:
    (member,) = [name for name in archive.namelist() if pathlib.PurePosixPath(name).name == wanted]
    (pathlib.Path(target) / wanted).write_bytes(archive.read(member))
