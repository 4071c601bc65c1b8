import { loadPlaces, type Place } from "./api";

/** The places as they are, or none while the service cannot say. */
export async function placesOnce(): Promise<Place[]> {
  try {
    return (await loadPlaces()).places;
  } catch {
    return [];
  }
}
