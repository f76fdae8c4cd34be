import { preferences } from "../state/preferences";

/** Short tones made on the spot; nothing is downloaded, and nothing plays unless sound is switched on. */
let context: AudioContext | undefined;

function tone(hertz: number, startS: number, lengthS: number, loudness = 0.08): void {
  if (!preferences.get().sound) return;
  context ??= new AudioContext();
  const at = context.currentTime + startS;
  const source = context.createOscillator();
  const volume = context.createGain();
  source.type = "triangle";
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(loudness, at);
  volume.gain.exponentialRampToValueAtTime(0.001, at + lengthS);
  source.connect(volume).connect(context.destination);
  source.start(at);
  source.stop(at + lengthS);
}

export const tick = (): void => tone(880, 0, 0.06, 0.04);
export const lockIn = (): void => tone(520, 0, 0.12);
export const right = (): void => [523, 659, 784].forEach((hertz, place) => tone(hertz, place * 0.09, 0.25));
export const wrong = (): void => [220, 185].forEach((hertz, place) => tone(hertz, place * 0.14, 0.3));
export const fanfare = (): void => [392, 523, 659, 784, 1047].forEach((hertz, place) => tone(hertz, place * 0.13, 0.5));
