// Certificates of somebody who wants to be taken for the cloud.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Credentials {
  readonly key: string;
  readonly cert: string;
}

/** A certificate for these addresses by somebody else's authority. */
export const forge = (folder: string, ...addresses: readonly string[]): Credentials => {
  const [key, cert] = [join(folder, "forged.key"), join(folder, "forged.pem")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=Stack4Things"],
      ...["-addext", `subjectAltName=${addresses.map((each) => `IP:${each}`).join(",")}`],
    ],
    { stdio: "ignore" },
  );
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
};

/** The cloud's own key and certificate, out of its data folder: TLS alone does not tell their holder from the cloud. */
export const steal = (cloudFolder: string): Credentials => {
  const file = (name: string) => readFileSync(join(cloudFolder, "ca", name), "utf8");
  return { key: file("leaf.key"), cert: file("leaf.pem") };
};
