// Runs the official Socket.IO client for official.py: commands as JSON lines on standard input, what happens as JSON
// lines on standard output. One process holds many clients, each under a number of the caller's.
//
//   deno run --allow-read --allow-net official.js socket.io.min.js

(0, eval)(await Deno.readTextFile(Deno.args[0]));

const sockets = new Map();
const encoder = new TextEncoder();

function tell(message) {
    const bytes = encoder.encode(JSON.stringify(message) + "\n");
    for (let sent = 0; sent < bytes.length;) sent += Deno.stdout.writeSync(bytes.subarray(sent));
}

function open({ id, url, auth, options }) {
    const socket = globalThis.io(url, { forceNew: true, auth, ...options });
    sockets.set(id, socket);
    socket.on("connect", () => tell({ id, type: "connect", recovered: socket.recovered, sid: socket.id }));
    socket.on("disconnect", (reason) => tell({ id, type: "disconnect", reason }));
    socket.on("connect_error", (error) => tell({ id, type: "refused", message: error.message }));
    // The recovery offset is the last argument, as the client itself leaves it there.
    socket.onAny((name, ...rest) => {
        if (name === "room:me" && rest[0].token) socket.auth = { token: rest[0].token };
        tell({ id, type: "event", text: JSON.stringify([name, ...rest]) });
    });
}

function ask({ id, ref, name, payload, milliseconds }) {
    const socket = sockets.get(id);
    if (!socket.connected) return tell({ id, type: "lost", ref });
    socket.timeout(milliseconds).emit(name, payload, (error, answer) => {
        if (!error) tell({ id, type: "ack", ref, answer });
        else tell({ id, type: socket.connected ? "late" : "lost", ref });
    });
}

const commands = {
    open,
    ask,
    drop: ({ id }) => sockets.get(id).io.engine.close(),
    auth: ({ id, auth }) => { sockets.get(id).auth = auth; },
    close: ({ id }) => { sockets.get(id)?.disconnect(); sockets.delete(id); },
};

let rest = "";
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop();
    for (const line of lines) {
        const command = JSON.parse(line);
        commands[command.op](command);
    }
}
Deno.exit(0);
