import type {
  CategoryListResponse,
  CreateRoomCommand,
  GameHistoryResponse,
  GameResultResponse,
  RoomCreatedAck,
  RoomListResponse,
  RoomSummary,
} from "../protocol.generated";
import { request } from "./http";
import type { Result } from "./result";
import { asPlayer } from "./session";

export const listRooms = (): Promise<Result<RoomListResponse>> => request("/api/rooms");

export const lookUpRoom = (code: string): Promise<Result<RoomSummary>> =>
  request(`/api/rooms/${encodeURIComponent(code)}`);

export const createRoom = (body: CreateRoomCommand): Promise<Result<RoomCreatedAck>> =>
  asPlayer("/api/rooms", { method: "POST", body });

export const listCategories = (): Promise<Result<CategoryListResponse>> => request("/api/categories");

export const ownGames = (before?: number): Promise<Result<GameHistoryResponse>> =>
  asPlayer(before === undefined ? "/api/me/games" : `/api/me/games?before=${before}`);

export const gameResult = (game: string): Promise<Result<GameResultResponse>> =>
  asPlayer(`/api/games/${encodeURIComponent(game)}`);
