export { type Keystone, keystoneIdentity } from "./keystone.ts";
