const key = (code: string): string => `quizmania.presenter.${code}`;

/** The creator of this room shows it instead of playing: the display takes their own identity, and the host's part. */
export function rememberPresenter(code: string): void {
  try {
    sessionStorage.setItem(key(code), "own");
  } catch {
    // Storage is switched off: the display comes as a guest of its own.
  }
}

export function isPresenter(code: string): boolean {
  try {
    return sessionStorage.getItem(key(code)) !== null;
  } catch {
    return false;
  }
}
