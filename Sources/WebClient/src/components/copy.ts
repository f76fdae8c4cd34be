import { notify } from "../state/notices";

/** The clipboard needs a secure origin; on a plain address in the local network there is none. */
export async function copyText(text: string, done: string, failed: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notify(done);
  } catch {
    notify(`${failed} ${text}`, "bad");
  }
}
