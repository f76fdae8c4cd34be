"""The official Socket.IO client in Chromium, as its makers ship it, against the node's own origin."""

from playwright.async_api import Browser, Page

from .places import official_client

# Small wrappers; everything asked of the client is its public interface.
_TOOLS = """
globalThis.sockets = [];
globalThis.open = (nickname, options) => new Promise((resolve, reject) => {
  const quickly = { reconnectionDelay: 100, reconnectionDelayMax: 1000 };
  const socket = io({ forceNew: true, auth: { nickname }, ...quickly, ...options });
  const record = { socket, events: [], connects: [], transports: [], refusals: [] };
  sockets.push(record);
  const transport = ({ name }) => record.transports.push(name);
  socket.io.on("open", () => {
    transport(socket.io.engine.transport);
    socket.io.engine.on("upgrade", transport);
  });
  socket.onAny((name, ...values) => record.events.push([name, ...values]));
  socket.on("connect", () => {
    record.connects.push(socket.recovered);
    resolve(sockets.indexOf(record));
  });
  socket.on("connect_error", (error) => record.refusals.push(String(error)));
  setTimeout(() => reject(new Error(`${nickname} never connected: ${record.refusals}`)), 20_000);
});
globalThis.ask = (index, name, payload) => sockets[index].socket.timeout(10_000).emitWithAck(name, payload);
globalThis.until = async (what, holds) => {
  const end = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`waited 30 s for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
globalThis.named = (index, name) => sockets[index].events.filter((event) => event[0] === name).map((event) => event[1]);
"""


async def official_page(browser: Browser, url: str) -> Page:
    """A quiet page of the node's own, with nothing running but the client and `open`, `ask`, `until`, `named`."""
    page = await browser.new_page()
    await page.goto(f"{url}/offline.html")
    await page.evaluate(f"() => {{ {official_client().read_text()}\n{_TOOLS} }}")
    return page
