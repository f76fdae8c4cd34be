import type { ErrorResponse } from "../protocol.generated";
import { fault, faultFrom, type Result } from "./result";

export interface Request {
  method?: "GET" | "POST" | "DELETE";
  token?: string;
  csrf?: string;
  body?: unknown;
}

/** Milliseconds after which a request counts as lost. */
const timeoutMs = 10_000;

/** One request to the same origin. Never rejects. */
export async function request<T>(
  path: string,
  { method = "GET", token, csrf, body }: Request = {},
): Promise<Result<T>> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (token !== undefined) headers["Authorization"] = `Bearer ${token}`;
  if (csrf !== undefined) headers["X-CSRF-Token"] = csrf;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      credentials: "same-origin",
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    return fault(error instanceof DOMException && error.name === "TimeoutError" ? "timeout" : "offline", 1_000);
  }
  try {
    if (response.status === 204) return { ok: true, value: undefined as T };
    const content: unknown = await response.json();
    if (response.ok) return { ok: true, value: content as T };
    return faultFrom((content as ErrorResponse).error);
  } catch {
    return fault("broken", 1_000);
  }
}
