//! The tables, kept by hand and proven on both databases by `tests/it/schema.rs`.
//! Only `store` modules name them.

diesel::table! {
    workspaces (id) {
        id -> BigInt,
        created_at -> BigInt,
        change_seq -> BigInt,
    }
}

diesel::table! {
    people (id) {
        id -> BigInt,
        issuer -> Text,
        subject -> BigInt,
        username -> Text,
        workspace_id -> BigInt,
        track_count -> BigInt,
        created_at -> BigInt,
        timezone -> Text,
        overlap_policy -> Text,
        week_start -> Text,
        day_start -> Integer,
    }
}

diesel::table! {
    activities (id) {
        id -> BigInt,
        workspace_id -> BigInt,
        name -> Text,
        description -> Text,
        created_at -> BigInt,
        deleted_at -> Nullable<BigInt>,
        uid -> Binary,
        updated_at -> BigInt,
        version -> BigInt,
        seq -> BigInt,
        project_id -> Nullable<BigInt>,
        color -> Nullable<Text>,
        billable_default -> Nullable<Bool>,
        archived -> Bool,
        rate_amount -> Nullable<BigInt>,
        rate_currency -> Nullable<Text>,
    }
}

diesel::table! {
    projects (id) {
        id -> BigInt,
        workspace_id -> BigInt,
        uid -> Binary,
        name -> Text,
        name_key -> Text,
        client_id -> Nullable<BigInt>,
        color -> Nullable<Text>,
        billable_default -> Nullable<Bool>,
        archived -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
        seq -> BigInt,
        deleted_at -> Nullable<BigInt>,
        rate_amount -> Nullable<BigInt>,
        rate_currency -> Nullable<Text>,
    }
}

diesel::table! {
    clients (id) {
        id -> BigInt,
        workspace_id -> BigInt,
        uid -> Binary,
        name -> Text,
        name_key -> Text,
        color -> Nullable<Text>,
        archived -> Bool,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
        seq -> BigInt,
        deleted_at -> Nullable<BigInt>,
        rate_amount -> Nullable<BigInt>,
        rate_currency -> Nullable<Text>,
    }
}

diesel::table! {
    tracks (id) {
        id -> BigInt,
        person_id -> BigInt,
        activity_id -> BigInt,
        description -> Text,
        start_at -> Nullable<BigInt>,
        end_at -> Nullable<BigInt>,
        created_at -> BigInt,
        uid -> Binary,
        tags -> Text,
        billable -> Bool,
        timezone -> Nullable<Text>,
        source -> Text,
        exclusive -> Bool,
        updated_at -> BigInt,
        version -> BigInt,
        seq -> BigInt,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    tags (id) {
        id -> BigInt,
        workspace_id -> BigInt,
        uid -> Binary,
        name -> Text,
        name_key -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
        version -> BigInt,
        seq -> BigInt,
        deleted_at -> Nullable<BigInt>,
        color -> Nullable<Text>,
        archived -> Bool,
    }
}

diesel::table! {
    track_tags (tag_id, track_id) {
        tag_id -> BigInt,
        track_id -> BigInt,
    }
}

diesel::table! {
    feeds (id) {
        id -> BigInt,
        person_id -> BigInt,
        token_hash -> Binary,
        name -> Text,
        days -> BigInt,
        created_at -> BigInt,
        client_id -> Nullable<Text>,
        last_read_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    idempotency_keys (person_id, client_id, method, path, key) {
        person_id -> BigInt,
        client_id -> Text,
        method -> Text,
        path -> Text,
        key -> Text,
        fingerprint -> Binary,
        status -> Integer,
        location -> Nullable<Text>,
        version -> Nullable<BigInt>,
        body -> Binary,
        created_at -> BigInt,
    }
}

diesel::table! {
    browser_sessions (id) {
        id -> Binary,
        person_id -> BigInt,
        sealed -> Binary,
        generation -> BigInt,
        renewing_until -> BigInt,
        created_at -> BigInt,
        seen_at -> BigInt,
        ends_at -> BigInt,
        expires_at -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(browser_sessions, people);
diesel::allow_tables_to_appear_in_same_query!(people, clients, projects, activities, tracks);
diesel::allow_tables_to_appear_in_same_query!(track_tags, tracks);
diesel::allow_tables_to_appear_in_same_query!(feeds, people, workspaces);
diesel::allow_tables_to_appear_in_same_query!(workspaces, clients);
diesel::allow_tables_to_appear_in_same_query!(workspaces, projects);
diesel::allow_tables_to_appear_in_same_query!(workspaces, tags);
diesel::allow_tables_to_appear_in_same_query!(workspaces, activities);

diesel::define_sql_function! {
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

diesel::define_sql_function! {
    fn replace(
        text: diesel::sql_types::Text,
        from: diesel::sql_types::Text,
        to: diesel::sql_types::Text
    ) -> diesel::sql_types::Text;
}

diesel::define_sql_function! {
    fn trim(text: diesel::sql_types::Text, letters: diesel::sql_types::Text) -> diesel::sql_types::Text;
}
