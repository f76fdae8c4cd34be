import { hueOf } from "../state/selectors";

/** A player's round picture: the first letter on a colour of their own. */
export function Face({ player, nickname, off = false }: { player: string; nickname: string; off?: boolean }) {
  const letter = [...nickname][0] ?? "?";
  return (
    <span className="face" data-off={off} style={{ "--h": hueOf(player) }} aria-hidden="true">
      {letter.toLocaleUpperCase()}
    </span>
  );
}
