import { Store } from "../state/store";

/** The service worker of a newer version, waiting for its turn. */
export const update = new Store<ServiceWorker | undefined>(undefined);

interface ScriptURLPolicy {
  createScriptURL(url: string): unknown;
}
interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): ScriptURLPolicy;
}

const workerPath = "/sw.js";

/** The page's only Trusted Types policy: it lets through one path. */
function trusted(path: string): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = types?.createPolicy("quizmania", {
    createScriptURL(url) {
      if (url !== workerPath) throw new TypeError(`${url} is not the service worker.`);
      return url;
    },
  });
  return (policy?.createScriptURL(path) ?? path) as string;
}

export async function startUpdates(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const before = navigator.serviceWorker.controller;
  const registration = await navigator.serviceWorker.register(trusted(workerPath));
  const watch = (worker: ServiceWorker | null): void => {
    if (!worker || !before) return; // The first installation is no update.
    const ready = (): void => {
      if (worker.state === "installed") update.set(worker);
    };
    ready();
    worker.addEventListener("statechange", ready);
  };
  watch(registration.waiting);
  registration.addEventListener("updatefound", () => watch(registration.installing));
}

export function takeUpdate(): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  update.get()?.postMessage("take over");
}
