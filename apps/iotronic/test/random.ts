export { seeded } from "@s4t/kit";
