// What keeps coming: people and events by server-sent events, the state by asking.
import {
  ApiError,
  type Happening,
  loadState,
  type PeopleFrame,
  STREAM_URL,
  type State,
} from "./api";

class Channel<T> {
  private listeners = new Set<(value: T) => void>();
  on(listener: (value: T) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  tell(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }
}

export const peopleFrames = new Channel<PeopleFrame>();
export const happenings = new Channel<Happening>();
export const states = new Channel<State>();
export const reachable = new Channel<boolean>();

const STATE_EVERY_MS = 2000;
const AGAIN_MS = 3000;
const MOST_RECENT = 60;

let source: EventSource | null = null;
let timer = 0;
let running = false;
let latest: State | null = null;
const recent: Happening[] = [];

export function latestState(): State | null {
  return latest;
}
/** Newest first. */
export function recentHappenings(): readonly Happening[] {
  return recent;
}

function remember(event: Happening): void {
  recent.unshift(event);
  recent.length = Math.min(recent.length, MOST_RECENT);
  happenings.tell(event);
}

function listen(): void {
  source?.close();
  source = new EventSource(STREAM_URL);
  source.addEventListener("people", (message) => peopleFrames.tell(JSON.parse(message.data)));
  source.onmessage = (message) => remember(JSON.parse(message.data));
  source.onerror = () => {
    // A browser gives up for good after an answer that is no stream.
    if (source?.readyState === EventSource.CLOSED) {
      window.setTimeout(() => running && !document.hidden && listen(), AGAIN_MS);
    }
  };
}

export async function refreshState(): Promise<void> {
  try {
    latest = await loadState();
    reachable.tell(true);
    states.tell(latest);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) reachable.tell(false);
  }
}

async function poll(): Promise<void> {
  window.clearTimeout(timer);
  if (!document.hidden) await refreshState();
  window.clearTimeout(timer); // another poll may have begun meanwhile
  if (running) timer = window.setTimeout(poll, STATE_EVERY_MS);
}

function onVisibility(): void {
  if (document.hidden) {
    source?.close(); // nobody looks: the service need not send
    source = null;
  } else if (running) {
    listen();
    void poll();
  }
}

export async function startFeed(): Promise<void> {
  if (running) return;
  running = true;
  document.addEventListener("visibilitychange", onVisibility);
  listen();
  await poll();
}

export function stopFeed(): void {
  running = false;
  window.clearTimeout(timer);
  document.removeEventListener("visibilitychange", onVisibility);
  source?.close();
  source = null;
  latest = null;
  recent.length = 0;
}

/** The newest events from before the page was opened, so that lists do not begin empty. */
export function seedHappenings(events: Happening[]): void {
  const known = new Set(recent.map((event) => event.id));
  recent.push(...events.filter((event) => !known.has(event.id)));
  recent.sort((a, b) => (a.id < b.id ? 1 : -1));
  recent.length = Math.min(recent.length, MOST_RECENT);
}
