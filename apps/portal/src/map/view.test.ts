import { describe, expect, it } from "vitest";
import { cellsOf, fit, type MapBoard, pan, project, scaleBar, worstOf, zoomAt } from "./view.ts";

const size = { width: 800, height: 600 };
const messina = { latitude: 38.1938, longitude: 15.554, zoom: 10 };
const aBoard = (over: Partial<MapBoard>): MapBoard => ({
  uuid: "a",
  name: "a",
  status: "online",
  latitude: 38.19,
  longitude: 15.55,
  simulated: false,
  ...over,
});

describe("a map view", () => {
  it("has its own position in the middle", () => {
    expect(project(messina, size, messina)).toEqual([400, 300]);
  });

  it("moves the ground by exactly the pixels that were dragged", () => {
    const [x, y] = project(pan(messina, 30, -12), size, messina);
    expect(x).toBeCloseTo(430, 6);
    expect(y).toBeCloseTo(288, 6);
  });

  it("keeps what is under the pointer there while zooming", () => {
    const place = { latitude: 38.3, longitude: 15.4 };
    const [x, y] = project(messina, size, place);
    const [zoomedX, zoomedY] = project(zoomAt(messina, size, x, y, 2), size, place);
    expect(zoomedX).toBeCloseTo(x, 6);
    expect(zoomedY).toBeCloseTo(y, 6);
  });

  it("fits all boards within its edges", () => {
    const places = [
      { latitude: 38.1, longitude: 15.5 },
      { latitude: 38.3, longitude: 15.65 },
    ];
    const view = fit(places, size);
    for (const place of places) {
      const [x, y] = project(view, size, place);
      expect(x).toBeGreaterThanOrEqual(0);
      expect(x).toBeLessThanOrEqual(size.width);
      expect(y).toBeGreaterThanOrEqual(47);
      expect(y).toBeLessThanOrEqual(size.height - 47);
    }
  });
});

describe("cells", () => {
  it("count boards that are near each other and lose none", () => {
    const boards = Array.from({ length: 50 }, (_, index) =>
      aBoard({ uuid: String(index), latitude: 38.19 + (index % 5) * 0.0001 }),
    );
    const cells = cellsOf(boards, messina, size);
    expect(cells.length).toBeLessThan(4);
    expect(cells.reduce((sum, { boards: members }) => sum + members.length, 0)).toBe(50);
  });

  it("look like the worst of their boards", () => {
    expect(worstOf([aBoard({}), aBoard({ status: "offline" }), aBoard({ status: "busy" })])).toBe(
      "offline",
    );
  });
});

describe("the scale", () => {
  it("is a round length no longer than asked", () => {
    const { metres, px } = scaleBar(messina, 110);
    expect([1, 2, 5]).toContain(metres / 10 ** Math.floor(Math.log10(metres)));
    expect(px).toBeLessThanOrEqual(110);
    expect(px).toBeGreaterThan(40);
  });
});
