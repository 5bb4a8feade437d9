//! The tables, kept by hand; a test migrates both databases up, down and up and selects every column.

use diesel::{allow_tables_to_appear_in_same_query, joinable, table};

table! {
    users (id) {
        id -> BigInt,
        username -> Text,
        username_key -> Text,
        password_hash -> Text,
        created_at -> BigInt,
        valid_from -> BigInt,
        disabled_at -> Nullable<BigInt>,
        profile -> Text,
        deleted_at -> Nullable<BigInt>,
    }
}

table! {
    former_names (username_key) {
        username_key -> Text,
        user_id -> BigInt,
    }
}

table! {
    clients (id) {
        id -> Text,
        name -> Text,
        is_confidential -> Bool,
        secret_hash -> Nullable<Binary>,
        previous_secret_hash -> Nullable<Binary>,
        previous_secret_until -> Nullable<BigInt>,
        grant_types -> Text,
        redirect_uris -> Text,
        scopes -> Text,
        audiences -> Text,
        introspects -> Text,
        created_at -> BigInt,
        metadata -> Text,
        user_id -> Nullable<BigInt>,
        version -> BigInt,
        disabled_at -> Nullable<BigInt>,
        valid_from -> BigInt,
    }
}

table! {
    sessions (id) {
        id -> Binary,
        user_id -> BigInt,
        created_at -> BigInt,
        authenticated_at -> BigInt,
        ends_at -> BigInt,
        sid -> Binary,
        user_agent -> Text,
        address -> Text,
        seen_at -> BigInt,
    }
}

table! {
    grants (id) {
        id -> Binary,
        user_id -> BigInt,
        client_id -> Text,
        scopes -> Text,
        authenticated_at -> BigInt,
        created_at -> BigInt,
        ends_at -> BigInt,
        refresh_current -> BigInt,
        refresh_previous -> Nullable<BigInt>,
        rotated_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

table! {
    revocations (seq) {
        seq -> BigInt,
        kind -> Text,
        key -> Text,
        issued_before -> Nullable<BigInt>,
        drop_after -> BigInt,
    }
}

table! {
    sealing_keys (id) {
        id -> BigInt,
        created_at -> BigInt,
        usable_from -> BigInt,
    }
}

table! {
    attempts (key) {
        key -> Text,
        count -> BigInt,
        since -> BigInt,
        ends_at -> Nullable<BigInt>,
    }
}

table! {
    audit_events (id) {
        id -> BigInt,
        at -> BigInt,
        event -> Text,
        user_id -> Nullable<BigInt>,
        client_id -> Nullable<Text>,
        origin -> Text,
        detail -> Text,
        times -> BigInt,
    }
}

table! {
    signing_keys (kid) {
        kid -> Text,
        alg -> Text,
        private_key -> Nullable<Binary>,
        public_jwk -> Text,
        created_at -> BigInt,
        usable_from -> BigInt,
        retire_after -> Nullable<BigInt>,
    }
}

table! {
    groups (name) {
        name -> Text,
    }
}

table! {
    user_groups (user_id, group_name) {
        user_id -> BigInt,
        group_name -> Text,
    }
}

table! {
    consents (user_id, client_id) {
        user_id -> BigInt,
        client_id -> Text,
        scopes -> Text,
        audiences -> Text,
        claims -> BigInt,
        redirect_uris -> Binary,
        agreed_at -> BigInt,
    }
}

table! {
    device_codes (id) {
        id -> Binary,
        user_code -> Text,
        client_id -> Text,
        scopes -> Text,
        audiences -> Text,
        created_at -> BigInt,
        ends_at -> BigInt,
        poll_from -> BigInt,
        poll_every -> BigInt,
        user_id -> Nullable<BigInt>,
        decided_at -> Nullable<BigInt>,
        authenticated_at -> Nullable<BigInt>,
        grant_id -> Nullable<Binary>,
        redeemed_at -> Nullable<BigInt>,
        sid -> Nullable<Binary>,
    }
}

table! {
    registration_tokens (id) {
        id -> Text,
        hash -> Binary,
        note -> Text,
        created_at -> BigInt,
        ends_at -> BigInt,
        uses_left -> BigInt,
        allows -> Text,
    }
}

table! {
    client_registrations (client_id) {
        client_id -> Text,
        token_hash -> Binary,
        unused_until -> Nullable<BigInt>,
    }
}

table! {
    session_clients (sid, client_id) {
        sid -> Binary,
        client_id -> Text,
        user_id -> BigInt,
        ends_at -> BigInt,
    }
}

table! {
    browser_access (user_id, client_id) {
        user_id -> BigInt,
        client_id -> Text,
        scopes -> Text,
        since -> BigInt,
        last_at -> BigInt,
        ends_at -> BigInt,
    }
}

table! {
    logout_deliveries (id) {
        id -> BigInt,
        sid -> Binary,
        client_id -> Text,
        user_id -> BigInt,
        tries -> BigInt,
        due_at -> BigInt,
    }
}

table! {
    used_ids (kind, key) {
        kind -> Text,
        key -> Binary,
        ends_at -> BigInt,
    }
}

table! {
    decisions (id) {
        id -> Binary,
        is_allowed -> Bool,
        decided_at -> BigInt,
    }
}

table! {
    linked_accounts (id) {
        id -> BigInt,
        user_id -> BigInt,
        provider -> Text,
        subject -> Text,
        shown_name -> Text,
        linked_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
    }
}

table! {
    personal_keys (id) {
        id -> Binary,
        user_id -> BigInt,
        name -> Text,
        digest -> Binary,
        scopes -> Text,
        by_password -> Bool,
        created_at -> BigInt,
        ends_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

table! {
    verified_emails (address_key) {
        address_key -> Text,
        address -> Text,
        user_id -> BigInt,
    }
}

table! {
    mail_links (user_id, kind) {
        user_id -> BigInt,
        kind -> Text,
        seed -> Text,
        hash -> Binary,
        address -> Text,
        made_at -> BigInt,
        ends_at -> BigInt,
        used_at -> Nullable<BigInt>,
    }
}

table! {
    outgoing_mail (id) {
        id -> BigInt,
        kind -> Text,
        user_id -> Nullable<BigInt>,
        address -> Text,
        asked_at -> BigInt,
        tries -> BigInt,
        due_at -> BigInt,
        ends_at -> BigInt,
    }
}

joinable!(personal_keys -> users (user_id));
joinable!(sessions -> users (user_id));
joinable!(grants -> users (user_id));
joinable!(grants -> clients (client_id));
joinable!(browser_access -> clients (client_id));
allow_tables_to_appear_in_same_query!(users, clients, sessions, grants);
allow_tables_to_appear_in_same_query!(grants, revocations);
allow_tables_to_appear_in_same_query!(personal_keys, users);
allow_tables_to_appear_in_same_query!(browser_access, clients);
allow_tables_to_appear_in_same_query!(linked_accounts, users);
