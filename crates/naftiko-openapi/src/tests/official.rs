//! A large published description, where it is available.

use std::time::Instant;

use insta::assert_snapshot;
use naftiko_diagnostics::{Severity, SourceMap};
use naftiko_syntax::{Limits, Node, parse};

use super::nearest::table;
use super::{Loaded, assert_sound};
use crate::Catalogue;

/// A file beside the workspace; its absence is reported, but is not a failure.
#[expect(clippy::disallowed_methods, reason = "a test reads its fixture")]
fn shared(path: &str) -> Option<String> {
    let path = format!("{}/../../../shared/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path);
    if text.is_err() {
        println!("skipped: `{path}` is not there");
    }
    text.ok()
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test takes the time")]
fn every_operation_converts_and_quickly() {
    let Some(text) = shared("openapi/workos-openapi.yaml") else { return };
    let mut sources = SourceMap::new();
    let file = sources.add("workos-openapi.yaml", text.as_str());
    let began = Instant::now();
    let root = parse(&text, file, &Limits::default()).root.unwrap();
    let parsed = Instant::now();
    let (catalogue, diagnostics) = Catalogue::load(root);
    let loaded = Instant::now();
    assert_eq!(diagnostics, []);
    let operations: Vec<_> =
        catalogue.operations().map(|entry| catalogue.operation(entry, "workos")).collect();
    let converted = Instant::now();
    println!(
        "parsed in {:?}, loaded in {:?}, converted {} operations in {:?}",
        parsed - began,
        loaded - parsed,
        operations.len(),
        converted - loaded
    );
    assert_eq!(operations.len(), 212);
    for (operation, diagnostics) in &operations {
        assert!(diagnostics.iter().all(|d| d.severity() != Severity::Error), "{diagnostics:?}");
        assert_eq!(diagnostics.len(), 0, "{}: {diagnostics:?}", operation.id);
        assert_sound(operation);
        assert!(!serde_json::to_string(operation).unwrap().contains("#/components"), "{}", operation.id);
        assert!(operation.success().is_some() || operation.id.contains("uthorize"), "{}", operation.id);
    }
}

#[test]
fn published_names_that_do_not_exist_have_the_neighbors_a_reader_would_name() {
    let (Some(text), Some(capabilities)) =
        (shared("openapi/workos-openapi.yaml"), shared("corpus/capabilities/workos.yaml"))
    else {
        return;
    };
    let loaded = Loaded::new(&text);
    let mut sources = SourceMap::new();
    let file = sources.add("workos.yaml", capabilities.as_str());
    let capabilities = parse(&capabilities, file, &Limits::default()).root.unwrap();
    let groups = capabilities.get("capabilities").and_then(Node::as_sequence).unwrap();
    let ids = groups.iter().flat_map(|group| group.get("operationIds").and_then(Node::as_sequence).unwrap());
    let absent: Vec<&str> =
        ids.filter_map(Node::as_str).filter(|id| loaded.catalogue.find(id).is_none()).collect();
    assert_eq!(absent.len(), 29);
    assert_snapshot!(table(&loaded, absent), @r"
    UserManagementController_authenticate → UserlandSessionsController_authenticate[0]
    UserManagementController_authenticateWithCode → UserlandSessionsController_authenticate[0]
    UserManagementController_authenticateWithMagicAuth → UserlandMagicAuthController_get
    UserManagementController_authenticateWithPassword → UserlandSessionsController_authenticate[0], UserlandUsersController_resetPassword[0]
    UserManagementController_createUser → UserlandUsersController_create[0]
    UserManagementController_getUser → UserlandUsersController_get[0]
    UserManagementController_updateUser → UserlandUsersController_update[0]
    UserManagementController_deleteUser → UserlandUsersController_delete[0]
    UserManagementController_listUsers → UserlandUsersController_list[0]
    OrganizationsController_get → OrganizationsController_find
    OrganizationsController_update → OrganizationsController_updateOrganization
    SsoController_getAuthorizationUrl → SsoController_authorize
    SsoController_getProfileAndToken → SsoController_getProfile
    ConnectionsController_get → ConnectionsController_find
    DirectoryUsersController_get → DirectoryUsersController_find
    DirectoryGroupsController_get → DirectoryGroupsController_find
    AuditLogsController_createEvent → AuditLogEventsController_create
    AuditLogsController_createSchema → AuditLogValidatorVersionsController_create
    AuditLogsController_listSchemas → AuditLogValidatorVersionsController_schemas
    AuthorizationController_query → nothing
    PermissionsController_list → AuthorizationPermissionsController_list
    WebhooksController_create → WebhookEndpointsController_create
    WebhooksController_list → WebhookEndpointsController_list
    AdminPortalController_create → PortalSessionsController_create
    RadarController_check → nothing
    PipesController_list → ProviderController_listForOrganization, DataIntegrationsManagementController_listDataIntegrations
    PipesController_create → DataIntegrationsManagementController_createDataIntegration
    FeatureFlagsController_create → nothing
    FeatureFlagsTargetsController_list → FeatureFlagsController_list, OrganizationFeatureFlagsController_list, UserlandUserFeatureFlagsController_list
    ");
    let typed = [
        "OrganizationsControler_create",
        "organizationscontroller_create",
        "OrganizationsController_creat",
        "organizationsController.create",
        "createOrganization",
        "list_organizations",
        "ConnectionController_list",
        "UserlandUsersController_create",
        "DirectoryUserController_lsit",
        "BillingController_create",
        "PaymentsController_list",
        "SomethingController_check",
        "zebra",
    ];
    assert_snapshot!(table(&loaded, typed), @r"
    OrganizationsControler_create → OrganizationsController_create
    organizationscontroller_create → OrganizationsController_create
    OrganizationsController_creat → OrganizationsController_create
    organizationsController.create → OrganizationsController_create
    createOrganization → OrganizationsController_create
    list_organizations → OrganizationsController_list
    ConnectionController_list → ConnectionsController_list
    UserlandUsersController_create → UserlandUsersController_create[0]
    DirectoryUserController_lsit → DirectoryUsersController_list
    BillingController_create → nothing
    PaymentsController_list → nothing
    SomethingController_check → nothing
    zebra → nothing
    ");
}
