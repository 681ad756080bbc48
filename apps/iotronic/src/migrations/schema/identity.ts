import type { Generated } from "kysely";

export interface IdentityTables {
  identity_users: {
    uuid: string;
    name: string;
    rev: number;
    status: string;
    admin: number;
    mail: string | null;
    password: string;
    created_at: number;
    updated_at: number;
    last_sign_in_at: number | null;
    /** What a Keystone calls it; null: it is managed here. */
    foreign_id: string | null;
    /** When the address was proved to be theirs; null: never. */
    mail_verified_at: number | null;
  };
  identity_projects: {
    uuid: string;
    name: string;
    rev: number;
    description: string;
    created_at: number;
    updated_at: number;
    /** What a Keystone calls it; null: it is managed here. */
    foreign_id: string | null;
  };
  identity_members: { project_id: string; user_id: string; role: string };
  identity_credentials: {
    uuid: string;
    user_id: string;
    project_id: string;
    name: string;
    role: string;
    secret: string;
    created_at: number;
    expires_at: number | null;
    description: Generated<string>;
    /** The token that it was made with, where that bounds it: whoever ends that one ends this too. */
    parent: string | null;
  };
  identity_tokens: {
    uuid: string;
    hash: string;
    user_id: string;
    credential_id: string | null;
    name: string;
    address: string | null;
    created_at: number;
    expires_at: number;
    last_used_at: number | null;
    /** The one project that it is good for; null: not bound to one. */
    project_id: string | null;
    /** `domain` or `system`: good for the whole cloud, in the words of the Identity API. */
    scope: string | null;
    /** How it was proved, in the words of the Identity API, with commas; null for those made before that was kept. */
    methods: string | null;
    /** `session`, `program`, `token` or `identity`; null for those made before that was kept. */
    kind: string | null;
    /** What the program that asked for it calls itself. */
    agent: string | null;
    /** The token that it was made of: whoever ends that one ends this one too. */
    parent: string | null;
    /** The token of a Keystone that it is bound to, locked with its own secret. */
    sealed: string | null;
  };
  identity_links: { hash: string; user_id: string; expires_at: number };
  identity_second_factors: {
    user_id: string;
    /** What its authenticator app has, locked. */
    secret: string;
    created_at: number;
    /** null: shown, and not proved yet. */
    confirmed_at: number | null;
    /** Step (RFC 6238) of the last code that was taken: none of it or before is taken again. */
    last_step: number;
  };
  identity_mail_links: {
    hash: string;
    user_id: string;
    /** `password`: sets a new one; `mail`: proves the address. */
    purpose: string;
    mail: string;
    expires_at: number;
  };
  identity_federated: { issuer: string; subject: string; user_id: string; created_at: number };
  identity_recovery_codes: { user_id: string; hash: string };
}
