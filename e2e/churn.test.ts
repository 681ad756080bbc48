import { expect, it } from "vitest";
import { churn, OTHERS } from "./churn.ts";

it("leaves nothing of 500 connections that were opened and dropped in every rude way", async () => {
  const report = await churn(500);
  expect(report.left).toBe(0);
  expect(report.cloud[1]).toBeLessThanOrEqual(report.cloud[0] + OTHERS);
  expect(report.agent[1]).toBeLessThanOrEqual(report.agent[0] + OTHERS);
  expect(report.works).toBe(true);
}, 90_000);
