// The service's HTTP, as docs/openapi.yaml describes it.

export type Point = [number, number];
export type Role = "viewer" | "editor";

export interface Session {
  login: boolean;
  user: string | null;
  role: Role | null;
  csrf: string | null;
  name: string;
  version: string;
}

export type PlaceKind = "zone" | "line" | "shelf";
export type BodyPoint = "feet" | "middle" | "head" | "left_wrist" | "right_wrist";

export interface Place {
  camera: string;
  name: string;
  kind: PlaceKind;
  units: "pixels" | "metres";
  points: Point[];
  point?: BodyPoint;
  settle?: number;
  margin?: number;
  dwell?: number;
  directions?: [string, string];
  height?: [number, number];
}

export interface PlaceNow {
  inside?: number;
  entered?: number;
  left?: number;
  forward?: number;
  backward?: number;
  reached?: number;
}

export interface Camera {
  name: string;
  online: boolean;
  problem: string | null;
  fps: number;
  frames: number;
  dropped: number;
  skipped: number;
  reconnects: number;
  events: number;
  latency_p50: number;
  latency_p95: number;
  width: number;
  height: number;
  calibrated: boolean;
  picture?: boolean;
  people: number;
  places: Record<string, PlaceNow>;
}

export interface Sink {
  name: string;
  ok: boolean;
  problem: string | null;
  waiting: number;
  delivered: number;
  failures: number;
  lost: number;
}

export interface State {
  site: string;
  version: string;
  healthy: boolean;
  ready: boolean;
  uptime: number;
  backend?: string;
  config_problem?: string | null;
  outbox_problem?: string | null;
  waiting_in_memory?: number;
  stages: Record<string, number>;
  cameras: Camera[];
  sinks: Sink[];
}

export const EVENT_TYPES = [
  "entered",
  "left",
  "dwelt",
  "crossed",
  "reached",
  "appeared",
  "lost",
  "came_back",
  "id_corrected",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface Happening {
  id: string;
  camera: string;
  event: EventType;
  utc: string;
  time: number;
  track: number;
  place?: string;
  seconds?: number;
  direction?: string;
  hand?: "left" | "right";
  reason?: string;
  ended?: boolean | number;
  other_track?: number;
}

export interface Hour {
  hour: string;
  camera: string;
  place: string;
  kind: PlaceKind | null;
  visits: number;
  reaches: number;
  dwell_mean_s: number | null;
  dwell_max_s: number | null;
  occupancy_mean: number | null;
  occupancy_max: number | null;
  crossed: Record<string, number>;
}

export interface Heat {
  cell_m: number;
  cells: [number, number, number][];
}

export interface FloorPath {
  camera: string;
  track: number;
  points: [number, number, number][];
}

export interface SeenPerson {
  track: number;
  score: number;
  box: [number, number, number, number];
  keypoints: [number, number, number][];
  floor: Point | null;
}

export interface PeopleFrame {
  camera: string;
  time: number;
  width: number;
  height: number;
  people: SeenPerson[];
}

export interface Problem {
  place?: string | null;
  camera?: string | null;
  line?: number | null;
  message: string;
}

/** An answer that is not the one hoped for; `message` is the service's own sentence. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly problems: Problem[] = [],
    readonly retryAfter_s = 0,
  ) {
    super(message);
  }
}

let session: Session = {
  login: false,
  user: null,
  role: null,
  csrf: null,
  name: "Tenjo",
  version: "",
};
let onLoginNeeded: () => void = () => {};

export function currentSession(): Session {
  return session;
}
export function mayEdit(): boolean {
  return session.role === "editor";
}
export function whenLoginIsNeeded(callback: () => void): void {
  onLoginNeeded = callback;
}

async function ask(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  if (options.method && options.method !== "GET" && session.csrf) {
    headers.set("X-CSRF-Token", session.csrf);
  }
  if (options.body) headers.set("Content-Type", "application/json");
  let answer: Response;
  try {
    answer = await fetch(path, { ...options, headers, credentials: "same-origin" });
  } catch {
    throw new ApiError(0, "");
  }
  if (answer.ok) return answer;
  let body: { error?: string; problems?: Problem[] } = {};
  try {
    body = await answer.json();
  } catch {
    // A proxy's own page: the status says enough.
  }
  const error = new ApiError(
    answer.status,
    body.error ?? `HTTP ${answer.status}`,
    body.problems ?? [],
    Number(answer.headers.get("Retry-After") ?? 0),
  );
  if (answer.status === 401 && path !== "/api/v1/login") onLoginNeeded();
  throw error;
}

async function json<T>(path: string, options?: RequestInit): Promise<T> {
  return (await ask(path, options)).json();
}

function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text ? `?${text}` : "";
}

const cameraPath = (name: string) => `/api/v1/cameras/${encodeURIComponent(name)}`;

export async function loadSession(): Promise<Session> {
  session = await json<Session>("/api/v1/session");
  return session;
}
export async function login(user: string, password: string): Promise<Session> {
  const body = JSON.stringify({ user, password });
  session = await json<Session>("/api/v1/login", { method: "POST", body });
  return session;
}
export async function logout(): Promise<void> {
  await ask("/api/v1/logout", { method: "POST" });
}

export const loadState = () => json<State>("/api/v1/state");

export interface Places {
  places: Place[];
  etag: string;
}
async function placesOf(answer: Response): Promise<Places> {
  return { places: await answer.json(), etag: answer.headers.get("ETag") ?? "" };
}
export async function loadPlaces(): Promise<Places> {
  return placesOf(await ask("/api/v1/places"));
}
/** How a place in metres lies on its camera's picture. */
export interface Outline {
  camera: string;
  name: string;
  points: Point[];
}
export const loadOutlines = () => json<Outline[]>("/api/v1/outlines");

export async function savePlaces(places: Place[], etag: string): Promise<Places> {
  const body = JSON.stringify({ places });
  return placesOf(
    await ask("/api/v1/places", { method: "PUT", body, headers: { "If-Match": etag } }),
  );
}

export interface EventFilter {
  camera?: string;
  place?: string;
  event?: string;
  track?: string;
  since?: string;
  until?: string;
}
export const loadEvents = (filter: EventFilter, limit: number, after?: string) =>
  json<Happening[]>(`/api/v1/events${query({ ...filter, order: "newest", limit, after })}`);
export const eventsCsv = (filter: EventFilter) =>
  `/api/v1/events${query({ ...filter, format: "csv", limit: 10000 })}`;

export const loadHours = async (from: Date, to: Date) =>
  (await json<{ hours: Hour[] }>(`/api/v1/hours${query(span(from, to))}`)).hours;
export const loadPaths = async (from: Date, to: Date) =>
  (await json<{ paths: FloorPath[] }>(`/api/v1/paths${query(span(from, to))}`)).paths;
export const loadHeat = (from: Date, to: Date) =>
  json<Heat>(`/api/v1/heat${query(span(from, to))}`);
function span(from: Date, to: Date) {
  return { since: from.toISOString(), until: to.toISOString() };
}

export interface Calibration {
  file: string;
  height: number;
  tilt: number;
  error_px: number;
}
export const calibrate = (camera: string, points: { pixel: Point; floor: Point }[]) =>
  json<Calibration>(`${cameraPath(camera)}/calibration`, {
    method: "PUT",
    body: JSON.stringify({ points }),
  });
export async function reload(): Promise<void> {
  await ask("/api/v1/reload", { method: "POST" });
}

export const pictureUrl = (camera: string) => `${cameraPath(camera)}/picture.jpg`;
export const videoUrl = (camera: string) => `${cameraPath(camera)}/video.mjpg`;
export const STREAM_URL = "/api/v1/stream?people=true";
