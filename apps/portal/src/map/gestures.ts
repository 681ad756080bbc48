// Gestures of a map on pointer events: drag, pinch, wheel, tap. (d3-zoom keeps a transform of its own in pixels, which loses
// precision at street zoom; the view here is geographic.)
import { type MapView, pan, type Size, zoomAt } from "./view.ts";

/** A pointer that moved less than this was a tap. */
const TAP_PX = 5;
/** Wheel units for one zoom level. */
const WHEEL_PER_LEVEL = 240;
/** The address follows the map when the wheel rests. */
const SETTLE_MS = 200;

export interface GestureTarget {
  current(): MapView;
  move(view: MapView, settled?: boolean): void;
  choose(x: number, y: number): void;
  size(): Size;
}

/** Attaches the gestures; answers how to detach them. */
export const attachGestures = (element: HTMLElement, target: () => GestureTarget): (() => void) => {
  const pointers = new Map<number, { x: number; y: number }>();
  const off = new AbortController();
  let moved = 0;
  let settle: ReturnType<typeof setTimeout> | undefined;
  const at = (event: { offsetX: number; offsetY: number }) => ({
    x: event.offsetX,
    y: event.offsetY,
  });
  const spread = () => {
    const [a, b] = [...pointers.values()];
    return a && b
      ? { distance: Math.hypot(a.x - b.x, a.y - b.y), x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
      : null;
  };
  const onDown = (event: PointerEvent) => {
    element.setPointerCapture(event.pointerId);
    pointers.set(event.pointerId, at(event));
    moved = pointers.size > 1 ? TAP_PX : 0;
  };
  const onMove = (event: PointerEvent) => {
    const last = pointers.get(event.pointerId);
    if (!last) return;
    const { current, move, size } = target();
    const before = spread();
    const next = at(event);
    pointers.set(event.pointerId, next);
    const after = spread();
    if (before && after) {
      const panned = pan(current(), after.x - before.x, after.y - before.y);
      move(
        zoomAt(panned, size(), after.x, after.y, Math.log2(after.distance / before.distance)),
        false,
      );
    } else move(pan(current(), next.x - last.x, next.y - last.y), false);
    moved += Math.hypot(next.x - last.x, next.y - last.y);
  };
  const onUp = (event: PointerEvent) => {
    if (!pointers.delete(event.pointerId) || pointers.size > 0) return;
    const { choose, move, current } = target();
    if (moved < TAP_PX) choose(event.offsetX, event.offsetY);
    else move(current());
  };
  const onWheel = (event: WheelEvent) => {
    event.preventDefault();
    const { current, move, size } = target();
    move(
      zoomAt(current(), size(), event.offsetX, event.offsetY, -event.deltaY / WHEEL_PER_LEVEL),
      false,
    );
    clearTimeout(settle);
    settle = setTimeout(() => move(current()), SETTLE_MS);
  };
  const { signal } = off;
  element.addEventListener("pointerdown", onDown, { signal });
  element.addEventListener("pointermove", onMove, { signal });
  element.addEventListener("pointerup", onUp, { signal });
  element.addEventListener("pointercancel", onUp, { signal });
  element.addEventListener("wheel", onWheel, { signal, passive: false });
  return () => {
    clearTimeout(settle);
    off.abort();
  };
};
