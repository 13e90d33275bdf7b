package dicomini

import "strings"

// DefaultSOPList is the list that the original ships: any AE, the classes and
// syntaxes below.
func DefaultSOPList() *SOPList {
	l := &SOPList{}
	l.addTable(AbstractSyntax, defaultClasses)
	l.addTable(TransferSyntax, defaultSyntaxes)
	return l
}

// addTable adds the lines "number name"; a line "@root" gives what is put in
// front of the numbers that follow.
func (l *SOPList) addTable(kind SOPKind, table string) {
	root := ""
	for line := range strings.Lines(table) {
		line = strings.TrimRight(line, "\n")
		if r, ok := strings.CutPrefix(line, "@"); ok {
			root = r
			continue
		}
		number, name, _ := strings.Cut(line, " ")
		l.add(kind, SOPEntry{Name: name, Value: root + number})
	}
}

// defaultSyntaxes are the transfer syntaxes, in the order of preference of the list.
const defaultSyntaxes = `@1.2.840.10008.
1.2 LittleEndianImplicit
1.2.1 LittleEndianExplicit
1.2.2 BigEndianExplicit
@1.2.840.10008.1.2.4.
50 JPEGBaseLine1
51 JPEGExtended2and4
53 JPEGSpectralNH6and8
55 JPEGFulllNH10and12
57 JPEGLosslessNH14
70 JPEGLossless
80 JPEGLS_Lossless
81 JPEGLS_Lossy
90 JPEG2000LosslessOnly
91 JPEG2000`

// defaultClasses are the SOP classes, by UID.
const defaultClasses = `@1.2.840.10008.
1.1 Verification
@1.2.840.10008.5.1.1.
1 BasicFilmSession
2 BasicFilmBox
4 BasicGrayscaleImageBox
4.1 BasicColorImageBox
9 BasicGrayscalePrintManagementMeta
16 BasicPrinter
18 BasicColorPrintManagementMeta
27 RETIRED_StoredPrintStorage
29 RETIRED_HardcopyGrayscaleImageStorage
30 RETIRED_HardcopyColorImageStorage
@1.2.840.10008.5.1.4.1.1.
1 ComputedRadiographyImageStorage
1.1 DigitalXRayImageStorageForPresentation
1.1.1 DigitalXRayImageStorageForProcessing
1.2 DigitalMammographyXRayImageStorageForPresentation
1.2.1 DigitalMammographyXRayImageStorageForProcessing
1.3 DigitalIntraOralXRayImageStorageForPresentation
1.3.1 DigitalIntraOralXRayImageStorageForProcessing
2 CTImageStorage
2.1 EnhancedCTImageStorage
3 RETIRED_UltrasoundMultiframeImageStorage
3.1 UltrasoundMultiframeImageStorage
4 MRImageStorage
4.1 EnhancedMRImageStorage
4.2 MRSpectroscopyStorage
4.3 EnhancedMRColorImageStorage
5 RETIRED_NuclearMedicineImageStorage
6 RETIRED_UltrasoundImageStorage
6.1 UltrasoundImageStorage
6.2 EnhancedUSVolumeStorage
7 SecondaryCaptureImageStorage
7.1 MultiframeSingleBitSecondaryCaptureImageStorage
7.2 MultiframeGrayscaleByteSecondaryCaptureImageStorage
7.3 MultiframeGrayscaleWordSecondaryCaptureImageStorage
7.4 MultiframeTrueColorSecondaryCaptureImageStorage
8 RETIRED_StandaloneOverlayStorage
9 RETIRED_StandaloneCurveStorage
9.1 DRAFT_WaveformStorage
9.1.1 TwelveLeadECGWaveformStorage
9.1.2 GeneralECGWaveformStorage
9.1.3 AmbulatoryECGWaveformStorage
9.2.1 HemodynamicWaveformStorage
9.3.1 CardiacElectrophysiologyWaveformStorage
9.4.1 BasicVoiceAudioWaveformStorage
9.4.2 GeneralAudioWaveformStorage
9.5.1 ArterialPulseWaveformStorage
9.6.1 RespiratoryWaveformStorage
10 RETIRED_StandaloneModalityLUTStorage
11 RETIRED_StandaloneVOILUTStorage
11.1 GrayscaleSoftcopyPresentationStateStorage
11.2 ColorSoftcopyPresentationStateStorage
11.3 PseudoColorSoftcopyPresentationStateStorage
11.4 BlendingSoftcopyPresentationStateStorage
11.5 XAXRFGrayscaleSoftcopyPresentationStateStorage
12 RETIRED_XASinglePlaneStorage
12.1 XRayAngiographicImageStorage
12.1.1 EnhancedXAImageStorage
12.2 XRayRadiofluoroscopicImageStorage
12.2.1 EnhancedXRFImageStorage
12.3 RETIRED_XRayAngiographicBiPlaneImageStorage
13.1.1 XRay3DAngiographicImageStorage
13.1.2 XRay3DCraniofacialImageStorage
13.1.3 BreastTomosynthesisImageStorage
20 NuclearMedicineImageStorage
66 RawDataStorage
66.1 SpatialRegistrationStorage
66.2 SpatialFiducialsStorage
66.3 DeformableSpatialRegistrationStorage
66.4 SegmentationStorage
66.5 SurfaceSegmentationStorage
67 RealWorldValueMappingStorage
77.1 RETIRED_VLImageStorage
77.1.1 VLEndoscopicImageStorage
77.1.1.1 VideoEndoscopicImageStorage
77.1.2 VLMicroscopicImageStorage
77.1.2.1 VideoMicroscopicImageStorage
77.1.3 VLSlideCoordinatesMicroscopicImageStorage
77.1.4 VLPhotographicImageStorage
77.1.4.1 VideoPhotographicImageStorage
77.1.5.1 OphthalmicPhotography8BitImageStorage
77.1.5.2 OphthalmicPhotography16BitImageStorage
77.1.5.3 StereometricRelationshipStorage
77.1.5.4 OphthalmicTomographyImageStorage
77.1.6 VLWholeSlideMicroscopyImageStorage
77.2 RETIRED_VLMultiFrameImageStorage
78.1 LensometryMeasurementsStorage
78.2 AutorefractionMeasurementsStorage
78.3 KeratometryMeasurementsStorage
78.4 SubjectiveRefractionMeasurementsStorage
78.5 VisualAcuityMeasurementsStorage
78.6 SpectaclePrescriptionReportStorage
78.7 OphthalmicAxialMeasurementsStorage
78.8 IntraocularLensCalculationsStorage
79.1 MacularGridThicknessAndVolumeReportStorage
80.1 OphthalmicVisualFieldStaticPerimetryMeasurementsSt.
88.1 DRAFT_SRTextStorage
88.2 DRAFT_SRAudioStorage
88.3 DRAFT_SRDetailStorage
88.4 DRAFT_SRComprehensiveStorage
88.11 BasicTextSRStorage
88.22 EnhancedSRStorage
88.33 ComprehensiveSRStorage
88.40 ProcedureLogStorage
88.50 MammographyCADSRStorage
88.59 KeyObjectSelectionDocumentStorage
88.65 ChestCADSRStorage
88.67 XRayRadiationDoseSRStorage
88.69 ColonCADSRStorage
88.70 ImplantationPlanSRDocumentStorage
104.1 EncapsulatedPDFStorage
104.2 EncapsulatedCDAStorage
128 PositronEmissionTomographyImageStorage
129 RETIRED_StandalonePETCurveStorage
130 EnhancedPETImageStorage
131 BasicStructuredDisplayStorage
481.1 RTImageStorage
481.2 RTDoseStorage
481.3 RTStructureSetStorage
481.4 RTBeamsTreatmentRecordStorage
481.5 RTPlanStorage
481.6 RTBrachyTreatmentRecordStorage
481.7 RTTreatmentSummaryRecordStorage
481.8 RTIonPlanStorage
481.9 RTIonBeamsTreatmentRecordStorage
@1.2.840.10008.5.1.4.1.2.
1.1 PatientRootQuery
1.2 PatientRootRetrieve
1.3 PatientRootGet
2.1 StudyRootQuery
2.2 StudyRootRetrieve
2.3 StudyRootGet
3.1 PatientStudyOnlyQuery
3.2 PatientStudyOnlyRetrieve
3.3 PatientStudyOnlyGet
@1.2.840.10008.5.1.4.
31 FindModalityWorkList
34.1 DRAFT_RTBeamsDeliveryInstructionStorage
43.1 GenericImplantTemplateStorage
44.1 ImplantAssemblyTemplateStorage
45.1 ImplantTemplateGroupStorage
@1.2.46.670589.5.0.
1 Philips3DVolumeStorage
2 Philips3DObjectStorage
3 PhilipsSurfaceStorage
4 PhilipsCompositeObjectStorage
7 PhilipsMRCardioProfileStorage
8 PhilipsMRCardioImageStorage
@1.2.826.0.1.3680043.2.135.1066.5.1.4.1.2.
1.2 PatientRootRetrieveNKI
2.2 StudyRootRetrieveNKI
3.2 PatientStudyOnlyRetrieveNKI
@1.2.840.113619.
4.5.249 GERTPlanStorage2
4.26 GE3DModelObjectStorage
5.249 GERTPlanStorage
5.253 GESaturnTDSObjectStorage`
