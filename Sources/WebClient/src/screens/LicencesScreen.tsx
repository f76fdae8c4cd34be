import { useText } from "../i18n";
import { Panel } from "../components/Panel";

interface Part {
  name: string;
  holder: string;
  licence: string;
  url: string;
}

/** What is shipped to browsers. Names and licences are not translated. */
const parts: readonly Part[] = [
  {
    name: "React, React DOM, Scheduler 18",
    holder: "© Meta Platforms, Inc. and affiliates",
    licence: "MIT",
    url: "https://github.com/facebook/react/blob/main/LICENSE",
  },
  {
    name: "socket.io-client 4.8.1",
    holder: "© 2014–2024 Guillermo Rauch",
    licence: "MIT",
    url: "https://github.com/socketio/socket.io/blob/main/LICENSE",
  },
  {
    name: "qrcode-generator 1.4.4",
    holder: "© 2009 Kazuhiko Arase",
    licence: "MIT",
    url: "https://github.com/kazuhikoarase/qrcode-generator",
  },
  {
    name: "Inter 4.0",
    holder: "© 2016 The Inter Project Authors",
    licence: "SIL Open Font License 1.1",
    url: "https://github.com/rsms/inter/blob/master/LICENSE.txt",
  },
];

const mit =
  `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

/** `/licences` */
export function LicencesScreen() {
  const t = useText();
  return (
    <div className="page narrow">
      <h1 tabIndex={-1}>{t("licences.title")}</h1>
      <p className="dim">{t("licences.intro")}</p>
      <ul className="games">
        {parts.map(({ name, holder, licence, url }) => (
          <li key={name} className="game-card">
            <span className="game-text">
              <b>{name}</b>
              <small>{holder}</small>
            </span>
            <a href={url} target="_blank" rel="noreferrer" aria-label={`${name}: ${licence}`}>{licence}</a>
          </li>
        ))}
      </ul>
      <Panel title={t("licences.mit")}>
        <p className="legal" lang="en">{mit}</p>
      </Panel>
    </div>
  );
}
