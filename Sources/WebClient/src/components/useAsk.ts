import { useCallback } from "react";
import { useText } from "../i18n";
import { play } from "../net/roomSession";
import type { ClientEvents } from "../protocol.generated";
import { notify } from "../state/notices";

/** Sends a command of the room; a refusal is shown as a notice. Resolves to whether it was done. */
export function useAsk() {
  const t = useText();
  return useCallback(
    async <E extends keyof ClientEvents>(name: E, command: ClientEvents[E]["command"]): Promise<boolean> => {
      const answer = await play.ask(name, command);
      if (!answer.ok) notify(t(`error.${answer.fault.code}`), "bad");
      return answer.ok;
    },
    [t],
  );
}
