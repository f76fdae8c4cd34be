import { type ComponentType, Suspense, useEffect, useState } from "react";
import { Loading } from "../../components/States";
import { useText } from "../../i18n";
import { Countdown, fetchGame, HostBar, LeaderboardStage, Podium, QuestionStage } from "../../lazy";
import type { RoomPhase } from "../../protocol.generated";
import { app } from "../../state/app";
import { isHost } from "../../state/selectors";
import { useStore } from "../../state/useStore";
import { ChatPanel } from "./ChatPanel";
import { Lobby } from "./Lobby";
import { Standing } from "./Standing";

/** One stage per phase: a new phase in the protocol is a compile error here. */
const stages: Record<RoomPhase, ComponentType> = {
  lobby: Lobby,
  countdown: Countdown,
  question: QuestionStage,
  locked: QuestionStage,
  reveal: QuestionStage,
  leaderboard: LeaderboardStage,
  podium: Podium,
  closed: Lobby,
};

const playing: ReadonlySet<RoomPhase> = new Set(["countdown", "question", "locked", "reveal", "leaderboard"]);

export function Arena() {
  const t = useText();
  const phase = useStore(app, (state) => state.room?.phase ?? "lobby");
  const host = useStore(app, isHost);
  const [chatOpen, setChatOpen] = useState(false);
  const Stage = stages[phase];
  useEffect(fetchGame, []);
  return (
    <div className="arena" data-phase={phase} data-testid="arena">
      <div className="stage-column">
        <Suspense
          fallback={
            <section className="stage">
              <Loading />
            </section>
          }
        >
          <Stage />
          {host && playing.has(phase) && <HostBar />}
        </Suspense>
      </div>
      <aside className="side" aria-label={t("room.side")} data-open={chatOpen}>
        {/* Always there: a panel that comes and goes would push the chat about. */}
        <Standing />
        <ChatPanel open={chatOpen} setOpen={setChatOpen} />
      </aside>
    </div>
  );
}
