import { de } from "../src/i18n/de";
import { en } from "../src/i18n/en";
import { type Catalogue, type Entry, format, type Key } from "../src/i18n/format";
import { equal, truthy } from "./assert";

const english: Catalogue = en;
const keys = Object.keys(en) as Key[];
const places = (entry: Entry): string[] => {
  const text = typeof entry === "string" ? entry : entry.other;
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
};

async function* sources(folder: URL): AsyncGenerator<[string, string]> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (/\.tsx?$/.test(name)) yield [name, await Deno.readTextFile(new URL(name, folder))];
  }
}

const all = async (): Promise<[string, string][]> => {
  const files: [string, string][] = [];
  for await (const file of sources(new URL("../src/", import.meta.url))) files.push(file);
  return files;
};

Deno.test("both catalogues have the same keys", () => {
  equal(Object.keys(de).sort(), [...keys].sort());
});

Deno.test("a sentence takes the same values in both languages, and is not empty", () => {
  for (const key of keys) {
    equal(places(de[key]), places(english[key]), key);
    equal(typeof de[key], typeof english[key], key);
    truthy(format(de, "de", key).length > 0, key);
  }
});

Deno.test("values and plural forms are put in as the language writes them", () => {
  equal(format(english, "en", "board.points", { n: 1 }), "1 point");
  equal(format(english, "en", "board.points", { n: 1234 }), "1,234 points");
  equal(format(de, "de", "board.points", { n: 1234 }), "1.234 Punkte");
  equal(format(english, "en", "host.kick", { name: "{n}" }), "Remove {n}");
});

Deno.test("every key is used somewhere", async () => {
  const text = (await all()).filter(([name]) => name !== "en.ts" && name !== "de.ts").map(([, content]) => content)
    .join("\n");
  const families = [...text.matchAll(/`([a-z]+\.)\$\{/g)].map((match) => match[1] ?? "");
  const unused = keys.filter((key) => !text.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)));
  equal(unused, []);
});

Deno.test("no component carries text of its own", async () => {
  const names = new Set(["Quiz", "Mania", "QuizMania", "image/svg+xml"]);
  const found: string[] = [];
  for (const [name, content] of await all()) {
    if (!name.endsWith(".tsx")) continue;
    const inTags = [...content.matchAll(/>\s*([A-Za-z][^<>{}=;()]*)<\//g)];
    const inAttributes = [...content.matchAll(/\b(?:aria-label|placeholder|title|alt)="([^"]*[A-Za-z][^"]*)"/g)];
    for (const [, text = ""] of [...inTags, ...inAttributes]) {
      if (!names.has(text.trim())) found.push(`${name}: ${text.trim()}`);
    }
  }
  equal(found, []);
});
