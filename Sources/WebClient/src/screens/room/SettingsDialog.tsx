import { type FormEvent, useState } from "react";
import { Dialog } from "../../components/Dialog";
import { Field } from "../../components/Field";
import { Choice, Switch } from "../../components/Inputs";
import { useAsk } from "../../components/useAsk";
import { useText } from "../../i18n";
import type { Difficulty, RoomSettings, RoomVisibility } from "../../protocol.generated";
import { answerWindowsMs, passwordRule, questionCounts, titleRule } from "../../state/rules";
import { CategoryChoice } from "./CategoryChoice";

/** Records, so that a new case in the protocol is a compile error here. */
const visibilities = Object.keys(
  { public: 0, unlisted: 0, private: 0 } satisfies Record<RoomVisibility, 0>,
) as RoomVisibility[];
const difficulties = Object.keys({ easy: 0, medium: 0, hard: 0 } satisfies Record<Difficulty, 0>) as Difficulty[];

export function SettingsDialog({ settings, close }: { settings: RoomSettings; close: () => void }) {
  const t = useText();
  const ask = useAsk();
  const [draft, setDraft] = useState(settings);
  const [password, setPassword] = useState("");
  const set = (part: Partial<RoomSettings>): void => setDraft((current) => ({ ...current, ...part }));

  const save = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const secret = draft.visibility === "private" && password !== "" ? password : undefined;
    if (await ask("room:configure", { settings: draft, password: secret })) close();
  };

  return (
    <Dialog title={t("host.settings")} close={close}>
      <form className="form" onSubmit={(event) => void save(event)}>
        <Field
          label={t("settings.title")}
          value={draft.title}
          change={(title) => set({ title })}
          rule={titleRule}
          required
          testid="setting-title"
        />
        <Choice
          label={t("settings.visibility")}
          value={draft.visibility}
          options={visibilities.map((value) => [value, t(`visibility.${value}`)])}
          change={(visibility) => set({ visibility })}
          testid="setting-visibility"
        />
        {draft.visibility === "private" && (
          <Field
            label={t("gate.password")}
            value={password}
            change={setPassword}
            rule={passwordRule}
            type="password"
            required={settings.visibility !== "private"}
            testid="setting-password"
          />
        )}
        <Field
          label={t("settings.questionCount", questionCounts)}
          type="number"
          value={String(draft.questionCount)}
          change={(text) =>
            set({
              questionCount: Math.min(
                questionCounts.max,
                Math.max(questionCounts.min, Number(text) || questionCounts.min),
              ),
            })}
          testid="setting-questions"
        />
        <Choice
          label={t("settings.window")}
          value={String(draft.answerWindowMs)}
          options={answerWindowsMs.map((ms) => [String(ms), t("settings.seconds", { n: ms / 1_000 })])}
          change={(ms) => set({ answerWindowMs: Number(ms) })}
          testid="setting-window"
        />
        <Choice
          label={t("settings.difficulty")}
          value={draft.difficulty ?? "mixed"}
          options={[
            ["mixed", t("difficulty.mixed")],
            ...difficulties.map((value): [string, string] => [value, t(`difficulty.${value}`)]),
          ]}
          change={(value) => set({ difficulty: difficulties.find((known) => known === value) })}
          testid="setting-difficulty"
        />
        <CategoryChoice chosen={draft.categories} change={(categories) => set({ categories })} />
        <Switch
          label={t("settings.speed")}
          hint={t("settings.speedHint")}
          on={draft.speedPoints}
          change={(speedPoints) => set({ speedPoints })}
        />
        <Switch
          label={t("settings.auto")}
          hint={t("settings.autoHint")}
          on={draft.autoAdvance}
          change={(autoAdvance) => set({ autoAdvance })}
          testid="setting-auto"
        />
        <div className="row-of-buttons end">
          <button type="button" className="btn quiet" onClick={close}>{t("action.cancel")}</button>
          <button type="submit" className="btn primary" data-testid="settings-save">{t("action.save")}</button>
        </div>
      </form>
    </Dialog>
  );
}
