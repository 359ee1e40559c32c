"""The addresses of the API; everything else below /api/ is a 404 in the same form."""

from django.urls import include, path, re_path

from api.views import (
    catalog,
    clients,
    codes,
    devices,
    documentation,
    drawers,
    health,
    nowhere,
    readers,
    refunds,
    sales,
    staff,
)

v1 = [
    path("devices/pair", devices.Pair.as_view()),
    path("device", devices.OwnDevice.as_view()),
    path("devices/", devices.DeviceList.as_view()),
    path("devices/<uuid:device_id>", devices.DeviceDetail.as_view()),
    path("devices/<uuid:device_id>/code", devices.DeviceCode.as_view()),
    path("staff-sessions/", staff.StaffSessionList.as_view()),
    path("staff-sessions/current", staff.CurrentStaffSession.as_view()),
    path("approvals/", staff.ApprovalList.as_view()),
    path("catalog", catalog.Catalog.as_view()),
    path("readers/", readers.ReaderList.as_view()),
    path("clients/", clients.ClientList.as_view()),
    path("clients/<uuid:client_id>", clients.ClientDetail.as_view()),
    path("clients/<uuid:client_id>/card", clients.ClientCard.as_view()),
    path("clients/<uuid:client_id>/holdings", clients.ClientHoldings.as_view()),
    path("codes", codes.CodeLookup.as_view()),
    path("sales/", sales.SaleList.as_view()),
    path("sales/<uuid:sale_id>", sales.SaleDetail.as_view()),
    path("sales/<uuid:sale_id>/tenders/<uuid:tender_id>", sales.SaleTender.as_view()),
    path("sales/<uuid:sale_id>/tenders/<uuid:tender_id>/tries/<int:n>", sales.SaleTenderTry.as_view()),
    path("sales/<uuid:sale_id>/completion", sales.SaleCompletion.as_view()),
    path("sales/<uuid:sale_id>/abandonment", sales.SaleAbandonment.as_view()),
    path("sales/<uuid:sale_id>/park", sales.SaleParking.as_view()),
    path("sales/<uuid:sale_id>/void", refunds.SaleVoid.as_view()),
    path("sales/<uuid:sale_id>/refunds/<uuid:refund_id>", refunds.SaleRefund.as_view()),
    path("sales/<uuid:sale_id>/receipt", refunds.SaleReceipt.as_view()),
    path("sales/<uuid:sale_id>/receipt/email", refunds.ReceiptMail.as_view()),
    path("sales/<uuid:sale_id>/receipt/print", refunds.ReceiptPrint.as_view()),
    path("drawers/", drawers.DrawerList.as_view()),
    path("drawer-sessions/", drawers.DrawerSessionList.as_view()),
    path("drawer-sessions/<uuid:session_id>", drawers.DrawerSessionDetail.as_view()),
    path("drawer-sessions/<uuid:session_id>/close", drawers.DrawerClose.as_view()),
    path("schema/", documentation.OpenApiFile.as_view(), name="openapi"),
]

urlpatterns = [
    path("api/v1/", include(v1)),
    path("api/docs/", documentation.DocsPage.as_view(), name="api_docs"),
    path("healthz", health.Alive.as_view()),
    path("readyz", health.Ready.as_view()),
    re_path(r"^api/", nowhere.Nowhere.as_view()),
]
