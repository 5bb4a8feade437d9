//! The tables, kept by hand and proven on both databases by `tests/it/schema.rs`.
//! Only `store` modules name them.

diesel::table! {
    workspaces (id) {
        id -> BigInt,
        created_at -> BigInt,
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
    }
}

diesel::define_sql_function! {
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}
