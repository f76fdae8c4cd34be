// What this client was written for. A field that is renamed, made optional or given another type, a new case or a new
// event is a compile error in this file; change it together with the code that the change concerns. A new field is none.

import type * as Wire from "./protocol.generated";

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
type Flat<T> = { [K in keyof T]: T[K] };
/** True when `T` has all fields of `Known`, with the same types and as optional as there. */
type Has<T, Known> = Same<Flat<Pick<T, keyof Known & keyof T>>, Known>;
type Holds<T extends true> = T;

/** Exported so that it is used; it has no value at run time. */
export type Contract = [
  Holds<
    Same<
      Wire.ErrorCode,
      | "invalid_request"
      | "unauthorized"
      | "forbidden"
      | "not_found"
      | "rate_limited"
      | "busy"
      | "unavailable"
      | "overloaded"
      | "room_not_found"
      | "room_full"
      | "room_locked"
      | "room_closed"
      | "wrong_password"
      | "kicked"
      | "not_in_room"
      | "already_in_room"
      | "not_host"
      | "player_not_found"
      | "wrong_phase"
      | "not_ready"
      | "no_questions"
      | "question_closed"
      | "already_answered"
      | "choice_unknown"
      | "displays_cannot_answer"
    >
  >,
  Holds<Same<Wire.QuestionKind, "single" | "multiple" | "boolean">>,
  Holds<Same<Wire.Difficulty, "easy" | "medium" | "hard">>,
  Holds<Same<Wire.PauseReason, "host">>,
  Holds<Same<Wire.HealthStatus, "ok" | "failing">>,
  Holds<Same<Wire.RoomVisibility, "public" | "unlisted" | "private">>,
  Holds<Same<Wire.MemberRole, "player" | "display">>,
  Holds<
    Same<
      Wire.RoomPhase,
      "lobby" | "countdown" | "question" | "locked" | "reveal" | "leaderboard" | "podium" | "closed"
    >
  >,
  Holds<Same<Wire.LeaveReason, "left" | "kicked">>,
  Holds<Same<Wire.MoveReason, "unowned" | "owner_gone" | "draining" | "overfull" | "pinned" | "asked" | "reclaimed">>,
  Holds<Same<Wire.OverloadLevel, "calm" | "refuses_rooms" | "refuses_joins" | "coarsens">>,
  Holds<Same<Wire.OperatorAction, "move" | "pin" | "unpin" | "drain" | "undrain" | "weight" | "rebalance">>,
  Holds<Same<Wire.ChangeOutcome, "planned" | "applied" | "completed" | "unfinished">>,
  Holds<
    Has<Wire.AdminLiveResponse, {
      atMs: number;
      node: string;
      cluster: Wire.NodesReport;
      owners: number[];
      moves: Wire.PlanMove[];
      pins: number[];
      revision: number;
    }>
  >,
  Holds<Same<Wire.CloseReason, "empty" | "host">>,
  Holds<Has<Wire.QuestionSource, { title: string; url?: string }>>,
  Holds<
    Has<Wire.ChatMessagePayload, {
      id?: Wire.ChatMessageID;
      client: Wire.ClientID;
      player: Wire.PlayerID;
      nickname: Wire.Nickname;
      text: Wire.ChatText;
      sentAtMs: number;
    }>
  >,
  Holds<Has<Wire.ChatRecentPayload, { messages: Wire.ChatMessagePayload[] }>>,
  Holds<Has<Wire.CreateRoomCommand, { settings?: Wire.RoomSettings; password?: Wire.RoomPassword }>>,
  Holds<Has<Wire.RedirectPayload, { url: string; room: Wire.RoomCode; resume: string }>>,
  Holds<Has<Wire.RoomCreatedAck, { room: Wire.RoomID; code: Wire.RoomCode }>>,
  Holds<
    Has<Wire.JoinRoomCommand, {
      code: Wire.RoomCode;
      password?: Wire.RoomPassword;
      role?: Wire.MemberRole;
    }>
  >,
  Holds<
    Has<Wire.RoomJoinedAck, {
      code: Wire.RoomCode;
      player: Wire.PlayerID;
      seq: number;
      redirect?: Wire.RedirectPayload;
    }>
  >,
  Holds<Has<Wire.ReadyCommand, { ready: boolean }>>,
  Holds<Has<Wire.MemberCommand, { player: Wire.PlayerID }>>,
  Holds<Has<Wire.LockCommand, { locked: boolean }>>,
  Holds<Has<Wire.ConfigureCommand, { settings: Wire.RoomSettings; password?: Wire.RoomPassword }>>,
  Holds<Has<Wire.AnswerCommand, { game?: Wire.GameID; question: number; choice: number[]; id: Wire.ClientID }>>,
  Holds<Has<Wire.AnswerAck, { question: number; choice: number[]; at: Wire.RoomInstant }>>,
  Holds<Has<Wire.ChatSendCommand, { id: Wire.ClientID; text: Wire.ChatText }>>,
  Holds<Has<Wire.ChatSentAck, { message: Wire.ChatMessageID; sentAtMs: number }>>,
  Holds<Has<Wire.ChatHistoryCommand, { before?: Wire.ChatMessageID; limit?: number }>>,
  Holds<Has<Wire.ChatHistoryAck, { messages: Wire.ChatMessagePayload[]; next?: Wire.ChatMessageID }>>,
  Holds<Has<Wire.TimeSyncCommand, { t0: number }>>,
  Holds<Has<Wire.TimeSyncAck, { t0: number; t1: number }>>,
  Holds<Has<Wire.ErrorPayload, { code: Wire.ErrorCode; message: string; retry: Wire.RetryAdvice }>>,
  Holds<
    Has<Wire.HandshakeAuth, {
      token?: string;
      nickname?: Wire.Nickname;
      pid?: string;
      offset?: string;
      capabilities?: string[];
      resume?: string;
    }>
  >,
  Holds<
    Has<Wire.CountdownPayload, {
      seq: number;
      game: Wire.GameID;
      of: number;
      at: Wire.RoomInstant;
      until: Wire.RoomInstant;
    }>
  >,
  Holds<
    Has<Wire.QuestionPayload, {
      seq: number;
      game: Wire.GameID;
      index: number;
      of: number;
      kind: Wire.QuestionKind;
      category: Wire.CategoryID;
      difficulty: Wire.Difficulty;
      prompt: string;
      choices: string[];
      opensAt: Wire.RoomInstant;
      closesAt: Wire.RoomInstant;
    }>
  >,
  Holds<Has<Wire.ProgressPayload, { index: number; answered: number; of: number }>>,
  Holds<Has<Wire.LockedPayload, { seq: number; index: number; at: Wire.RoomInstant }>>,
  Holds<
    Has<Wire.RevealResult, {
      player: Wire.PlayerID;
      choice: number[];
      correct: boolean;
      accuracyPoints: number;
      speedPoints: number;
      streakPoints: number;
      streak: number;
      score: number;
    }>
  >,
  Holds<
    Has<Wire.RevealPayload, {
      seq: number;
      index: number;
      correct: number[];
      counts: number[];
      unanswered: number;
      explanation?: string;
      source?: Wire.QuestionSource;
      results: Wire.RevealResult[];
      at: Wire.RoomInstant;
      until?: Wire.RoomInstant;
    }>
  >,
  Holds<
    Has<Wire.LeaderboardEntry, {
      player: Wire.PlayerID;
      nickname: Wire.Nickname;
      rank: number;
      previousRank?: number;
      score: number;
      accuracyPoints: number;
      speedPoints: number;
      streak: number;
      right: number;
    }>
  >,
  Holds<
    Has<Wire.LeaderboardPayload, {
      seq: number;
      index: number;
      entries: Wire.LeaderboardEntry[];
      at: Wire.RoomInstant;
      until?: Wire.RoomInstant;
    }>
  >,
  Holds<
    Has<Wire.GameOverPayload, {
      seq: number;
      game: Wire.GameID;
      entries: Wire.LeaderboardEntry[];
      at: Wire.RoomInstant;
    }>
  >,
  Holds<
    Has<Wire.GameSignedPayload, {
      game: Wire.GameID;
      inputs: number;
      chain: string;
      signature: string;
      key: string;
    }>
  >,
  Holds<Has<Wire.PausedPayload, { seq: number; reason: Wire.PauseReason; at: Wire.RoomInstant }>>,
  Holds<Has<Wire.ResumedPayload, { seq: number; at: Wire.RoomInstant; until?: Wire.RoomInstant }>>,
  Holds<Has<Wire.LobbyPayload, { seq: number; at: Wire.RoomInstant }>>,
  Holds<Has<Wire.GuestSignInRequest, { nickname: Wire.Nickname }>>,
  Holds<
    Has<Wire.SessionResponse, {
      player: Wire.PlayerID;
      nickname: Wire.Nickname;
      token: string;
      expiresInSeconds: number;
      csrf: string;
    }>
  >,
  Holds<Has<Wire.RefreshRequest, { refresh?: string }>>,
  Holds<
    Has<Wire.RoomSummary, {
      code: Wire.RoomCode;
      title: string;
      visibility: Wire.RoomVisibility;
      phase: Wire.RoomPhase;
      players: number;
      playersMax: number;
      locked: boolean;
      password: boolean;
      url?: string;
    }>
  >,
  Holds<Has<Wire.RoomListResponse, { rooms: Wire.RoomSummary[] }>>,
  Holds<Has<Wire.CategorySummary, { id: Wire.CategoryID; name: string; questions: number }>>,
  Holds<Has<Wire.PackSummary, { id: Wire.PackID; title: string; description: string; questions: number }>>,
  Holds<Has<Wire.CategoryListResponse, { categories: Wire.CategorySummary[] }>>,
  Holds<Has<Wire.PackListResponse, { packs: Wire.PackSummary[] }>>,
  Holds<
    Has<Wire.GameSummary, {
      game: Wire.GameID;
      title: string;
      finishedAtMs: number;
      players: number;
      rank: number;
      score: number;
    }>
  >,
  Holds<Has<Wire.GameHistoryResponse, { games: Wire.GameSummary[]; next?: number }>>,
  Holds<
    Has<Wire.GameResultResponse, {
      game: Wire.GameID;
      title: string;
      finishedAtMs: number;
      entries: Wire.LeaderboardEntry[];
      inputs: number;
      chain: string;
      signature: string;
      key: string;
    }>
  >,
  Holds<Has<Wire.HealthCheck, { name: string; status: Wire.HealthStatus; message?: string }>>,
  Holds<Has<Wire.HealthResponse, { status: Wire.HealthStatus; checks: Wire.HealthCheck[] }>>,
  Holds<Has<Wire.ErrorResponse, { error: Wire.ErrorPayload }>>,
  Holds<
    Has<Wire.RoomSettings, {
      title: string;
      visibility: Wire.RoomVisibility;
      questionCount: number;
      answerWindowMs: number;
      categories: Wire.CategoryID[];
      difficulty?: Wire.Difficulty;
      speedPoints: boolean;
      autoAdvance: boolean;
    }>
  >,
  Holds<
    Has<Wire.MemberView, {
      player: Wire.PlayerID;
      nickname: Wire.Nickname;
      role: Wire.MemberRole;
      ready: boolean;
      host: boolean;
      score: number;
    }>
  >,
  Holds<
    Has<Wire.RoomStatePayload, {
      code: Wire.RoomCode;
      seq: number;
      phase: Wire.RoomPhase;
      settings: Wire.RoomSettings;
      locked: boolean;
      host?: Wire.PlayerID;
      members: Wire.MemberView[];
      present: Wire.PlayerID[];
      game?: Wire.GameView;
      paused?: Wire.PauseReason;
      at: Wire.RoomInstant;
    }>
  >,
  Holds<
    Has<Wire.GameView, {
      game: Wire.GameID;
      index: number;
      of: number;
      until?: Wire.RoomInstant;
      question?: Wire.QuestionPayload;
      reveal?: Wire.RevealPayload;
      leaderboard?: Wire.LeaderboardPayload;
      over?: Wire.GameOverPayload;
      progress?: Wire.ProgressPayload;
    }>
  >,
  Holds<Has<Wire.MemberPayload, { seq: number; member: Wire.MemberView }>>,
  Holds<Has<Wire.MemberLeftPayload, { seq: number; player: Wire.PlayerID; reason: Wire.LeaveReason }>>,
  Holds<
    Has<Wire.RoomChangedPayload, {
      seq: number;
      settings: Wire.RoomSettings;
      locked: boolean;
      host?: Wire.PlayerID;
    }>
  >,
  Holds<Has<Wire.RoomClosedPayload, { seq: number; reason: Wire.CloseReason }>>,
  Holds<Has<Wire.PresencePayload, { present: Wire.PlayerID[] }>>,
  Holds<Has<Wire.SavingPayload, { saving: boolean; at: Wire.RoomInstant }>>,
  Holds<
    Has<Wire.MePayload, {
      player: Wire.PlayerID;
      nickname: Wire.Nickname;
      token?: string;
      refresh?: string;
      seat?: Wire.SeatView;
    }>
  >,
  Holds<
    Has<Wire.SeatView, {
      code: Wire.RoomCode;
      role: Wire.MemberRole;
      ready: boolean;
      host: boolean;
      score: number;
      streak: number;
      answer?: Wire.GivenAnswer;
    }>
  >,
  Holds<Has<Wire.GivenAnswer, { question: number; choice: number[]; at: Wire.RoomInstant }>>,
  Holds<
    Same<Flat<Wire.ServerEvents>, {
      "chat:message": Wire.ChatMessagePayload;
      "chat:recent": Wire.ChatRecentPayload;
      "game:countdown": Wire.CountdownPayload;
      "game:question": Wire.QuestionPayload;
      "game:progress": Wire.ProgressPayload;
      "game:locked": Wire.LockedPayload;
      "game:reveal": Wire.RevealPayload;
      "game:leaderboard": Wire.LeaderboardPayload;
      "game:over": Wire.GameOverPayload;
      "game:signed": Wire.GameSignedPayload;
      "game:paused": Wire.PausedPayload;
      "game:resumed": Wire.ResumedPayload;
      "game:lobby": Wire.LobbyPayload;
      "room:state": Wire.RoomStatePayload;
      "room:member": Wire.MemberPayload;
      "room:left": Wire.MemberLeftPayload;
      "room:changed": Wire.RoomChangedPayload;
      "room:closed": Wire.RoomClosedPayload;
      "presence:update": Wire.PresencePayload;
      "room:saving": Wire.SavingPayload;
      "room:me": Wire.MePayload;
      "cluster:redirect": Wire.RedirectPayload;
    }>
  >,
  Holds<
    Same<
      keyof Wire.ClientEvents,
      | "room:create"
      | "room:join"
      | "room:leave"
      | "room:close"
      | "game:start"
      | "game:pause"
      | "game:resume"
      | "game:skip"
      | "game:rematch"
      | "room:ready"
      | "room:kick"
      | "room:transfer"
      | "room:lock"
      | "room:configure"
      | "game:answer"
      | "chat:send"
      | "chat:history"
      | "time:sync"
    >
  >,
];
