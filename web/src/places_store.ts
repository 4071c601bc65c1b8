import { loadOutlines, loadPlaces, type Place } from "./api";
import { placeKey } from "./place_shapes";

/** The places as they are, or none while the service cannot say. */
export async function placesOnce(): Promise<Place[]> {
  try {
    return (await loadPlaces()).places;
  } catch {
    return [];
  }
}

/** The same as they lie on the pictures: those on the floor as their cameras see them. */
export async function placesOnPictures(): Promise<Place[]> {
  try {
    const [{ places }, outlines] = await Promise.all([loadPlaces(), loadOutlines()]);
    const seen = new Map(outlines.map((outline) => [placeKey(outline), outline.points]));
    return places.flatMap((place) => {
      const points = place.units === "pixels" ? place.points : seen.get(placeKey(place));
      return points ? [{ ...place, units: "pixels" as const, points }] : [];
    });
  } catch {
    return [];
  }
}
