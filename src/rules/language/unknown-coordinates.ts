/** Coordinates that nobody knows, as where a recording has distances in their place: who reads one is told. */

/**
 * Replaces the coordinates of an event's or a coupon's variables.
 *
 * @param noteRead called each time that one of them is read; the reader is given 0.
 */
export function hideCoordinates(
  variables: { readonly latitude: number; readonly longitude: number },
  noteRead: () => void,
): void {
  const hidden = {
    enumerable: true,
    get: () => {
      noteRead();
      return 0;
    },
  };
  Object.defineProperty(variables, 'latitude', hidden);
  Object.defineProperty(variables, 'longitude', hidden);
}
