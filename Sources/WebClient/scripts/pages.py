"""Writes the pages with hashed names: pages.py META TEMPLATES DIST. Prints the shell's files, one a line.

META is the bundler's metafile. The room's page needs the entry and the chunks it imports statically; those are
preloaded, and they are what the service worker keeps.
"""

import json
import pathlib
import re
import sys


def main(meta_path, templates, dist):
    outputs = json.loads(pathlib.Path(meta_path).read_text())["outputs"]
    templates, dist = pathlib.Path(templates), pathlib.Path(dist)

    def path(name):
        return "/" + pathlib.PurePosixPath(name).relative_to("dist").as_posix()

    (entry,) = [name for name, output in outputs.items() if output.get("entryPoint") == "src/main.tsx"]
    styles = outputs[entry]["cssBundle"] if "cssBundle" in outputs[entry] else style_beside(outputs)
    needed, queue = [], [entry]
    while queue:
        for step in outputs[queue.pop()]["imports"]:
            if step["kind"] == "import-statement" and step["path"] not in needed:
                needed.append(step["path"])
                queue.append(step["path"])
    icon = (templates.parent / "src/components/Logo.tsx").read_text()
    logo = '<svg class="logo" viewBox="0 0 32 32" aria-hidden="true">' + "".join(
        f'<path d="{d}"/>' for d in re.findall(r'd="([^"]+)"', icon)
    ) + "</svg>"
    values = {
        "css": path(styles),
        "js": path(entry),
        "preloads": "\n".join(f'<link rel="modulepreload" href="{path(name)}">' for name in sorted(needed)),
        "logo": logo,
    }
    for page in ("index.html", "offline.html"):
        text = (templates / page).read_text()
        for name, value in values.items():
            text = text.replace("{{" + name + "}}", value)
        (dist / page).write_text(text)
    fonts = [name for name in outputs if name.endswith(".woff2")]
    for name in [styles, entry, *sorted(needed), *fonts]:
        print(path(name))


def style_beside(outputs):
    (name,) = [name for name in outputs if name.endswith(".css")]
    return name


if __name__ == "__main__":
    main(*sys.argv[1:])
