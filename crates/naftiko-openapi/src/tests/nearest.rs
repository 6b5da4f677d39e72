//! Unknown names and the operations suggested for them.

use insta::assert_snapshot;

use super::Loaded;

/// One line for each name, with the suggested operations.
pub(crate) fn table<'a>(loaded: &Loaded, names: impl IntoIterator<Item = &'a str>) -> String {
    let lines = names.into_iter().map(|name| {
        let near = loaded.catalogue.nearest(name);
        let near: Vec<&str> = near.iter().filter_map(|entry| entry.id.as_deref()).collect();
        format!("{name} → {}", if near.is_empty() { "nothing".to_owned() } else { near.join(", ") })
    });
    lines.collect::<Vec<_>>().join("\n")
}

const SHOP: &str = r"
openapi: 3.1.0
paths:
  /orders:
    get: {operationId: OrdersController_list, tags: [orders]}
    post: {operationId: OrdersController_create, tags: [orders]}
  /orders/{id}:
    get: {operationId: OrdersController_find, tags: [orders]}
    delete: {operationId: OrdersController_deleteOrder, tags: [orders]}
  /orders/{id}/refunds:
    post: {operationId: RefundsController_create, tags: [orders.refunds]}
  /door/open_link:
    post: {operationId: DoorTicketsController_create, tags: [staff-door]}
  /staff:
    get: {operationId: StaffController_list, tags: [staff]}
  /staff/{id}:
    put: {operationId: StaffController_update, tags: [staff]}
  /api_keys/validations:
    post: {operationId: ApiKeysController_validateApiKey, tags: [api_keys]}
  /health:
    get: {tags: [health]}
";

#[test]
fn a_name_is_near_by_its_rare_words_and_its_tags() {
    let names = [
        // The resource has another name, but a matching tag.
        "StaffDoorController_create",
        // Another verb for one action.
        "OrdersController_get",
        "OrdersController_delete",
        "OrdersController_remove",
        // The words in another order and another notation.
        "listOrders",
        "list_orders",
        "create-order",
        "orders.refunds.create",
        "APIKeys.validate",
        // Typos.
        "OrdersControler_list",
        "orderscontroller_list",
        "OrdersController_lsit",
        "OrdrsController_create",
        "Refund_create",
        // No suggestion: another subject, or only words that all operations have.
        "InvoicesController_create",
        "InvoicesController_validate",
        "Controller_create",
        "zebra",
        "",
        "[0]",
    ];
    assert_snapshot!(table(&Loaded::new(SHOP), names), @r"
    StaffDoorController_create → DoorTicketsController_create
    OrdersController_get → OrdersController_find
    OrdersController_delete → OrdersController_deleteOrder
    OrdersController_remove → OrdersController_deleteOrder
    listOrders → OrdersController_list
    list_orders → OrdersController_list
    create-order → OrdersController_create
    orders.refunds.create → RefundsController_create
    APIKeys.validate → ApiKeysController_validateApiKey
    OrdersControler_list → OrdersController_list
    orderscontroller_list → OrdersController_list
    OrdersController_lsit → OrdersController_list
    OrdrsController_create → OrdersController_create
    Refund_create → RefundsController_create
    InvoicesController_create → nothing
    InvoicesController_validate → nothing
    Controller_create → nothing
    zebra → nothing
     → nothing
    [0] → nothing
    ");
}

#[test]
fn an_empty_or_absurd_question_has_no_answer() {
    let nothing = Loaded::new("openapi: 3.1.0");
    assert!(nothing.catalogue.nearest("anything").is_empty());
    let shop = Loaded::new(SHOP);
    assert!(shop.catalogue.nearest(&"Orders".repeat(100_000)).is_empty());
    assert_eq!(shop.catalogue.nearest("OrdersController_list").first().unwrap().path, "/orders");
}
